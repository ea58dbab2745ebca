package io.tallystick.tlog;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the two kinds of {@link TilePath} have in common: {@code <N>[.p/<W>]}, and its limits. */
final class TileSyntax {
  /** The highest index at any level of a tree of at most 2^63-1 leaves. */
  static final long MAX_INDEX = Long.MAX_VALUE / TilePath.FULL_WIDTH;

  private static final String ENTRIES = "entries";

  /** An outline. That nothing has a zero too many is seen when it is written again. */
  private static final Pattern OUTLINE =
      Pattern.compile(
          "(?<level>entries|[0-9]{1,2})"
              + "/(?<index>(x[0-9]{3}/){0,5}[0-9]{3})"
              + "(\\.p/(?<width>[1-9][0-9]{0,2}))?");

  private TileSyntax() {}

  static Optional<TilePath> parse(String path) {
    Matcher matcher = OUTLINE.matcher(path);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    boolean entries = matcher.group("level").equals(ENTRIES);
    int level = entries ? 0 : Integer.parseInt(matcher.group("level"));
    long index = Long.parseLong(matcher.group("index").replaceAll("[x/]", ""));
    String partial = matcher.group("width");
    int width = partial == null ? TilePath.FULL_WIDTH : Integer.parseInt(partial);
    if (level > Tile.MAX_LEVEL || index > MAX_INDEX || width > TilePath.FULL_WIDTH) {
      return Optional.empty();
    }
    TilePath tile = entries ? new EntryBundle(index, width) : new Tile(level, index, width);
    return Optional.of(tile).filter(t -> t.format().equals(path));
  }

  static String format(EntryBundle bundle) {
    return ENTRIES + format(bundle.index(), bundle.width());
  }

  static String format(Tile tile) {
    return tile.level() + format(tile.index(), tile.width());
  }

  private static String format(long index, int width) {
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "/%03d", index % 1000));
    for (long rest = index / 1000; rest > 0; rest /= 1000) {
      text.insert(0, String.format(Locale.ROOT, "/x%03d", rest % 1000));
    }
    return width == TilePath.FULL_WIDTH ? text.toString() : text + ".p/" + width;
  }

  static void check(long index, int width) {
    if (index < 0 || index > MAX_INDEX || width < 1 || width > TilePath.FULL_WIDTH) {
      throw new IllegalArgumentException(
          "a tile has an index of 0 to %d and a width of 1 to 256, not %d and %d"
              .formatted(MAX_INDEX, index, width));
    }
  }
}
