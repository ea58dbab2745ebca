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
      description = "Most entries, 1 to 500 (default: 50).")
  @Nullable String limit;

  @Option(names = "--offset", paramLabel = "N", description = "Entries to pass over.")
  @Nullable String offset;

  /** How many entries were passed over; it was taken for a number already. */
  public long skipped() {
    return offset == null ? 0 : Long.parseLong(offset);
  }

  public void addTo(Map<String, List<String>> given) {
    Filters.put(given, "limit", limit);
    Filters.put(given, "offset", offset);
  }
}
