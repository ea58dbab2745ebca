package io.tallystick.tlog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads node hashes from tiles and checks nothing of them: for whoever folds everything that was
 * read to a root and compares that, as {@link RangeProof} does. Every tile is read once and kept,
 * so this serves one question; a part of a tile costs at most its hashes less one. Not safe for use
 * by more than one thread.
 */
public final class TileNodes implements HashReader {
  private final long size;
  private final TileHashReader.Source source;
  private final Hasher hasher;
  private final Map<Tile, byte[]> tiles = new HashMap<>();

  /** Reads nodes of the tree of {@code size} leaves, counting with this hasher. */
  public TileNodes(long size, TileHashReader.Source source, Hasher hasher) {
    this.size = size;
    this.source = source;
    this.hasher = hasher;
  }

  @Override
  public List<Hash> read(List<Node> nodes) throws IOException {
    List<Hash> hashes = new ArrayList<>(nodes.size());
    for (Node node : nodes) {
      if (node.end() > size) {
        throw new IllegalArgumentException(node + " is not in a tree of " + size + " leaves");
      }
      int above = node.level() % Tile.HEIGHT;
      long first = node.index() << above;
      byte[] tile = tile(Tile.holding(node.level() / Tile.HEIGHT, first, size));
      CompactRange range = new CompactRange(hasher);
      int start = (int) (first % TilePath.FULL_WIDTH);
      for (int i = start; i < start + (1 << above); i++) {
        range.append(tile, i * Hash.BYTES);
      }
      hashes.add(range.root());
    }
    return hashes;
  }

  private byte[] tile(Tile tile) throws IOException {
    byte[] known = tiles.get(tile);
    if (known == null) {
      known = source.read(tile);
      tiles.put(tile, known);
    }
    return known;
  }
}
