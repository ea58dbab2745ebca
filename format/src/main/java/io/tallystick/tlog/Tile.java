package io.tallystick.tlog;

import java.util.ArrayList;
import java.util.List;

/**
 * The place of a tile: up to 256 hashes of consecutive nodes, 32 bytes each (C2SP tlog-tiles,
 * "Merkle Tree"). Hash i of the tile is that of the node {@code (8 · level, 256 · index + i)}.
 *
 * @param level 0 for a tile of leaf hashes, at most 63
 * @param index counts the tiles of that level from 0
 * @param width the number of hashes, 1 to 256
 */
public record Tile(int level, long index, int width) implements TilePath {
  /** How many levels of the tree one level of tiles spans. */
  public static final int HEIGHT = 8;

  static final int MAX_LEVEL = 63;

  /** Refuses what no path can name. */
  public Tile {
    if (level < 0 || level > MAX_LEVEL) {
      throw new IllegalArgumentException("a tile has a level of 0 to 63, not " + level);
    }
    TileSyntax.check(index, width);
  }

  /** Every partial tile of a tree of {@code size} leaves, from the highest level down. */
  static List<Tile> partial(long size) {
    List<Tile> tiles = new ArrayList<>();
    for (int level = Node.MAX_LEVEL / HEIGHT; level >= 0; level--) {
      long hashes = hashesAt(level, size);
      if (hashes % FULL_WIDTH > 0) {
        tiles.add(new Tile(level, hashes / FULL_WIDTH, (int) (hashes % FULL_WIDTH)));
      }
    }
    return tiles;
  }

  /** The tile of a tree of {@code size} leaves that has hash {@code number} of a level. */
  public static Tile holding(int level, long number, long size) {
    long index = number / FULL_WIDTH;
    long width = Math.min(FULL_WIDTH, hashesAt(level, size) - index * FULL_WIDTH);
    return new Tile(level, index, (int) width);
  }

  /** How many hashes all tiles of a level have: one for each 256^level leaves. */
  private static long hashesAt(int level, long size) {
    return level * HEIGHT > Node.MAX_LEVEL ? 0 : size >> (level * HEIGHT);
  }

  /** The bytes of the tile's hashes: 32 each. */
  public int bytes() {
    return width * Hash.BYTES;
  }

  @Override
  public boolean existsIn(long size) {
    return width <= hashesAt(level, size) - index * FULL_WIDTH;
  }

  @Override
  public String format() {
    return TileSyntax.format(this);
  }
}
