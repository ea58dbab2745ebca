package io.tallystick.tlog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A growing tree as tiles: of each level the partial tile at the right edge is kept (at most 64 KiB
 * in all), and every tile that becomes full is given away. Adding a leaf computes one node hash on
 * average. Not safe for use by more than one thread.
 *
 * <pre>
 *   66,000 leaves:   level 1  001.p/1      (1 hash; 1/000 was given away)
 *                    level 0  257.p/208    (208 hashes; 0/000 to 0/256 were given away)
 * </pre>
 */
public final class RightEdge {
  /** Takes tiles that became full: C2SP tlog-tiles, "Merkle Tree". */
  @FunctionalInterface
  public interface TileSink {
    /**
     * Takes one; the bytes are the taker's.
     *
     * @throws IOException if it can't be kept, after which the edge must not be used any more
     */
    void full(Tile tile, byte[] hashes) throws IOException;
  }

  private final Hasher hasher;
  private final List<byte[]> levels = new ArrayList<>();
  private long size;

  /** The edge of a tree without leaves. */
  public RightEdge(Hasher hasher) {
    this.hasher = hasher;
  }

  /**
   * The edge of a tree of {@code size} leaves, from what {@link #toBytes} gave. Nothing is checked
   * but the length: {@link #root()} tells whether it is the edge that was meant.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes than the size asks for
   */
  public static RightEdge of(long size, byte[] bytes, Hasher hasher) {
    RightEdge edge = new RightEdge(hasher);
    List<Tile> partial = Tile.partial(size);
    int due = partial.stream().mapToInt(Tile::bytes).sum();
    if (bytes.length != due) {
      throw new IllegalArgumentException(
          "the right edge of " + size + " leaves has " + due + " bytes, not " + bytes.length);
    }
    int at = 0;
    for (Tile tile : partial) {
      System.arraycopy(bytes, at, edge.level(tile.level()), 0, tile.bytes());
      at += tile.bytes();
    }
    edge.size = size;
    return edge;
  }

  /**
   * The edge of a tree of {@code size} leaves, from its partial tiles, which are trusted.
   *
   * @throws IOException if they can't be read
   */
  public static RightEdge read(long size, TileHashReader.Source source, Hasher hasher)
      throws IOException {
    RightEdge edge = new RightEdge(hasher);
    for (Tile tile : Tile.partial(size)) {
      byte[] hashes = source.read(tile);
      System.arraycopy(hashes, 0, edge.level(tile.level()), 0, tile.bytes());
    }
    edge.size = size;
    return edge;
  }

  /** The partial tiles' hashes, from the highest level down. */
  public byte[] toBytes() {
    List<Tile> partial = Tile.partial(size);
    byte[] bytes = new byte[partial.stream().mapToInt(Tile::bytes).sum()];
    int at = 0;
    for (Tile tile : partial) {
      System.arraycopy(level(tile.level()), 0, bytes, at, tile.bytes());
      at += tile.bytes();
    }
    return bytes;
  }

  /** The number of leaves. */
  public long size() {
    return size;
  }

  /** Adds the leaf with the hash {@code hashes[offset .. offset + 32)}. */
  public void append(byte[] hashes, int offset, TileSink sink) throws IOException {
    append(0, size, hashes, offset, sink);
    size++;
  }

  /** Adds hash {@code number} of a level, and to the level above it the root of a tile it fills. */
  private void append(int level, long number, byte[] hashes, int offset, TileSink sink)
      throws IOException {
    byte[] tile = level(level);
    int at = (int) (number % TilePath.FULL_WIDTH);
    System.arraycopy(hashes, offset, tile, at * Hash.BYTES, Hash.BYTES);
    if (at + 1 == TilePath.FULL_WIDTH) {
      long index = number / TilePath.FULL_WIDTH;
      sink.full(new Tile(level, index, TilePath.FULL_WIDTH), tile.clone());
      hasher.fold(tile);
      append(level + 1, index, tile, 0, sink);
    }
  }

  private byte[] level(int level) {
    while (levels.size() <= level) {
      levels.add(new byte[TilePath.FULL_WIDTH * Hash.BYTES]);
    }
    return levels.get(level);
  }

  /** The hashes of a partial tile, as far as the edge has them; {@code null} where it has not. */
  public byte @Nullable [] read(Tile tile) {
    for (Tile kept : Tile.partial(size)) {
      if (kept.level() == tile.level() && kept.index() == tile.index()) {
        return tile.width() > kept.width()
            ? null
            : Arrays.copyOf(level(tile.level()), tile.bytes());
      }
    }
    return null;
  }

  /** The root of the tree as it is now: RFC 9162 section 2.1.1. */
  public Hash root() {
    CompactRange range = new CompactRange(hasher);
    for (Tile tile : Tile.partial(size)) {
      byte[] hashes = level(tile.level());
      for (int at = 0; at < tile.bytes(); at += Hash.BYTES) {
        range.append(tile.level() * Tile.HEIGHT, hashes, at);
      }
    }
    return range.root();
  }
}
