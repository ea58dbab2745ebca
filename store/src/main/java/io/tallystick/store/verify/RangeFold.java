package io.tallystick.store.verify;

import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.RightEdge;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TilePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Folds a range's leaf hashes into a tree, with one node hash per leaf, and reports every full tile
 * within the range on the way. Used by one thread.
 *
 * <p>Hashes before the first tile boundary of their level go into the tree at once. From there on
 * they are collected tile by tile, and a full tile becomes one hash of the level above.
 */
public final class RangeFold {
  private final CompactRange range;
  private final Hasher hasher;
  private final RightEdge.TileSink fullTiles;
  private final List<Gathered> levels = new ArrayList<>();

  /** The hashes of a tile that is not full yet. */
  private static final class Gathered {
    private final byte[] hashes = new byte[TilePath.FULL_WIDTH * Hash.BYTES];
    private boolean begun;
    private int count;
  }

  /** A fold into this range, which holds everything left of the first leaf. */
  RangeFold(CompactRange range, Hasher hasher, RightEdge.TileSink fullTiles) {
    this.range = range;
    this.hasher = hasher;
    this.fullTiles = fullTiles;
  }

  /** Adds leaf {@code index}, whose hash is {@code hashes[offset .. offset + 32)}. */
  void add(long index, byte[] hashes, int offset) throws IOException {
    add(0, index, hashes, offset);
  }

  private void add(int level, long number, byte[] hashes, int offset) throws IOException {
    while (levels.size() <= level) {
      levels.add(new Gathered());
    }
    Gathered tile = levels.get(level);
    if (!tile.begun && number % TilePath.FULL_WIDTH != 0) {
      range.append(level * Tile.HEIGHT, hashes, offset);
      return;
    }
    tile.begun = true;
    System.arraycopy(hashes, offset, tile.hashes, tile.count * Hash.BYTES, Hash.BYTES);
    tile.count++;
    if (tile.count == TilePath.FULL_WIDTH) {
      long index = number / TilePath.FULL_WIDTH;
      fullTiles.full(new Tile(level, index, TilePath.FULL_WIDTH), tile.hashes);
      hasher.fold(tile.hashes);
      tile.count = 0;
      add(level + 1, index, tile.hashes, 0);
    }
  }

  /** Adds the collected rest to the range, which then ends after the last leaf. */
  CompactRange finish() {
    for (int level = levels.size() - 1; level >= 0; level--) {
      Gathered tile = levels.get(level);
      for (int i = 0; i < tile.count; i++) {
        range.append(level * Tile.HEIGHT, tile.hashes, i * Hash.BYTES);
      }
      tile.count = 0;
    }
    return range;
  }
}
