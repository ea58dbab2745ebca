package io.tallystick.tlog;

import java.util.Optional;

/**
 * The place of something that a tiled log publishes under {@code <prefix>/tile/}: a tile of hashes
 * or a bundle of entries (C2SP tlog-tiles). Each is up to 256 wide.
 */
public sealed interface TilePath permits Tile, EntryBundle {
  /** Hashes in a full tile, entries in a full bundle. */
  int FULL_WIDTH = 256;

  /** Counts the tiles of a level, or the bundles, from 0. */
  long index();

  /** How many hashes or entries, 1 to 256; fewer than 256 only at the right edge of a tree. */
  int width();

  /** Whether a tree of {@code size} leaves has all of it. */
  boolean existsIn(long size);

  /** The path after {@code /tile/}, such as {@code 0/x001/x234/067.p/5} or {@code entries/007}. */
  String format();

  /**
   * Reads a path after {@code /tile/}; empty unless it is exactly what {@link #format} writes: a
   * level of at most 63, the index in groups of three digits, a partial width of 1 to 255, and not
   * a zero too many.
   */
  static Optional<TilePath> parse(String path) {
    return TileSyntax.parse(path);
  }
}
