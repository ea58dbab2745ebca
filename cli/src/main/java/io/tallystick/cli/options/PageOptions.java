package io.tallystick.cli.options;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which page of a list. */
public final class PageOptions {
  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Number of entries at most, 1 to 500 (default: 50)")
  @Nullable String limit;

  @Option(
      names = "--offset",
      paramLabel = "N",
      description = "Number of matching entries to skip (default: 0)")
  @Nullable String offset;

  /** How many entries were skipped. The query has checked that it is a number. */
  public long skipped() {
    return offset == null ? 0 : Long.parseLong(offset);
  }

  public void addTo(Map<String, List<String>> given) {
    Filters.put(given, "limit", limit);
    Filters.put(given, "offset", offset);
  }
}
