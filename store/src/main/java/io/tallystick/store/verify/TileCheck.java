package io.tallystick.store.verify;

import io.tallystick.store.log.Fault;
import io.tallystick.store.log.SafePoint;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TilePath;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Checks the tiles that are not compared with entries: those over entries that retention removed,
 * and the partial tiles above the leaves. The root of each tile must be the hash that the tile
 * above it has (format.md, Verification). {@link SealCheck} compares all others. Used once.
 */
public final class TileCheck {
  private final long size;
  private final TileHashReader.Source tiles;
  private final Consumer<Fault> faults;
  private final Hasher hasher = new Hasher();

  /** A check of the tiles of the tree of {@code size} leaves. */
  TileCheck(long size, TileHashReader.Source tiles, Consumer<Fault> faults) {
    this.size = size;
    this.tiles = tiles;
    this.faults = faults;
  }

  long nodesHashed() {
    return hasher.nodesHashed();
  }

  /**
   * Checks them.
   *
   * @param removed how many leaves at the beginning are of entries that retention removed
   */
  void check(long removed) throws IOException {
    for (int level = 1; hashesAt(level) > 0; level++) {
      long count = hashesAt(level);
      long leavesEach = 1L << (Tile.HEIGHT * level);
      long overRemoved = Math.min(count, (removed + leavesEach - 1) / leavesEach);
      long partial = Math.max(overRemoved, count - count % TilePath.FULL_WIDTH);
      roots(level, 0, overRemoved);
      roots(level, partial, count);
    }
  }

  private long hashesAt(int level) {
    return size >> (Tile.HEIGHT * level);
  }

  /** Compares the hashes {@code [from, to)} of a level with the tiles below them. */
  private void roots(int level, long from, long to) throws IOException {
    for (long number = from; number < to; number++) {
      SafePoint.reach();
      Tile below = new Tile(level - 1, number, TilePath.FULL_WIDTH);
      Tile above = Tile.holding(level, number, size);
      try {
        byte[] root = tiles.read(below).clone();
        hasher.fold(root);
        int at = (int) (number % TilePath.FULL_WIDTH) * Hash.BYTES;
        if (!Hash.of(root, 0, Hash.BYTES).equals(Hash.of(tiles.read(above), at, Hash.BYTES))) {
          fault(
              below,
              "tile "
                  + below.format()
                  + " does not have the root that tile "
                  + above.format()
                  + " has for it: one of them was changed");
        }
      } catch (CorruptTileException e) {
        fault(below, String.valueOf(e.getMessage()));
      }
    }
  }

  private void fault(Tile tile, String reason) {
    long firstLeaf = tile.index() << (Tile.HEIGHT * (tile.level() + 1));
    faults.accept(new Fault(1 + firstLeaf, Fault.Kind.TILE, reason));
  }
}
