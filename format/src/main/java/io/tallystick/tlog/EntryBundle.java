package io.tallystick.tlog;

/**
 * The place of a bundle of entries: those from {@code index · 256} on (C2SP tlog-tiles, "Log
 * entries").
 *
 * @param index counts the bundles from 0
 * @param width the number of entries, 1 to 256
 */
public record EntryBundle(long index, int width) implements TilePath {
  /** Refuses what lies in no tree of at most 2^63-1 leaves. */
  public EntryBundle {
    TileSyntax.check(index, width);
  }

  /** The first leaf whose entry is in the bundle. */
  public long start() {
    return index * FULL_WIDTH;
  }

  @Override
  public boolean existsIn(long size) {
    return width <= size - start();
  }

  @Override
  public String format() {
    return TileSyntax.format(this);
  }
}
