package io.tallystick.tlog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads node hashes from the tiles of a tree whose size and root are known from a verified
 * checkpoint, and gives none that does not lead to that root.
 *
 * <p>The partial tiles of a tree hold exactly the nodes from which its root is folded, so all of
 * them are checked together, before anything else. The root of a full tile is one hash of the tile
 * above it, which is checked first. Tiles that were checked stay in memory: the partial ones, and
 * the {@value #FULL_TILES_KEPT} full ones that were used last (2 MiB). Not safe for use by more
 * than one thread.
 */
public final class TileHashReader implements HashReader {
  /** Where the bytes of tiles come from; nothing about them is taken on trust. */
  @FunctionalInterface
  public interface Source {
    /**
     * The hashes of a tile, exactly {@link Tile#bytes()} bytes, also of a partial tile whose full
     * one exists.
     *
     * @throws IOException if they cannot be read
     */
    byte[] read(Tile tile) throws IOException;
  }

  private static final int FULL_TILES_KEPT = 256;

  private final long size;
  private final Hash root;
  private final Source source;
  private final Hasher hasher;
  private final Map<Tile, byte[]> partial = new HashMap<>();
  private final Map<Tile, byte[]> full = new LeastRecentlyUsed();
  private boolean rootReached;

  /** Reads nothing yet. The hasher counts what checking costs. */
  public TileHashReader(long size, Hash root, Source source, Hasher hasher) {
    this.size = size;
    this.root = root;
    this.source = source;
    this.hasher = hasher;
  }

  /**
   * {@inheritDoc}
   *
   * @throws CorruptTileException if what was read does not lead to the root
   * @throws IllegalArgumentException if a node is not in the tree
   */
  @Override
  public List<Hash> read(List<Node> nodes) throws IOException {
    List<Hash> hashes = new ArrayList<>(nodes.size());
    for (Node node : nodes) {
      if (node.end() > size) {
        throw new IllegalArgumentException(node + " is not in a tree of " + size + " leaves");
      }
      int level = node.level() / Tile.HEIGHT;
      int above = node.level() % Tile.HEIGHT;
      long first = node.index() << above;
      byte[] tile = checked(Tile.holding(level, first, size));
      hashes.add(fold(tile, (int) (first % TilePath.FULL_WIDTH), 1 << above));
    }
    return hashes;
  }

  private byte[] checked(Tile tile) throws IOException {
    if (!rootReached) {
      checkPartialTiles();
      rootReached = true;
    }
    byte[] known = partial.get(tile);
    if (known == null) {
      known = full.get(tile);
    }
    return known != null ? known : checkFullTile(tile);
  }

  private void checkPartialTiles() throws IOException {
    CompactRange range = new CompactRange(hasher);
    for (Tile tile : Tile.partial(size)) {
      byte[] hashes = fetch(tile);
      for (int at = 0; at < hashes.length; at += Hash.BYTES) {
        range.append(tile.level() * Tile.HEIGHT, hashes, at);
      }
      partial.put(tile, hashes);
    }
    Hash found = range.root();
    if (!found.equals(root)) {
      partial.clear();
      throw new CorruptTileException(
          "the partial tiles of %d leaves lead to the root %s, not to %s"
              .formatted(size, found, root));
    }
  }

  private byte[] checkFullTile(Tile tile) throws IOException {
    byte[] above = checked(Tile.holding(tile.level() + 1, tile.index(), size));
    Hash expected = fold(above, (int) (tile.index() % TilePath.FULL_WIDTH), 1);
    byte[] hashes = fetch(tile);
    Hash found = fold(hashes, 0, TilePath.FULL_WIDTH);
    if (!found.equals(expected)) {
      throw new CorruptTileException(
          "tile %s has the root %s, the tile above it says %s"
              .formatted(tile.format(), found, expected));
    }
    full.put(tile, hashes);
    return hashes;
  }

  private byte[] fetch(Tile tile) throws IOException {
    byte[] hashes = source.read(tile);
    if (hashes.length != tile.bytes()) {
      throw new CorruptTileException(
          "tile %s has %d bytes, not %d".formatted(tile.format(), hashes.length, tile.bytes()));
    }
    return hashes;
  }

  private Hash fold(byte[] hashes, int first, int count) {
    CompactRange range = new CompactRange(hasher);
    for (int i = first; i < first + count; i++) {
      range.append(hashes, i * Hash.BYTES);
    }
    return range.root();
  }

  private static final class LeastRecentlyUsed extends LinkedHashMap<Tile, byte[]> {
    LeastRecentlyUsed() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Tile, byte[]> eldest) {
      return size() > FULL_TILES_KEPT;
    }
  }
}
