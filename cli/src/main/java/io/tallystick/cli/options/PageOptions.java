package io.tallystick.cli.options;

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

  public Given addTo(Given given) {
    return given.one("limit", limit).one("offset", offset);
  }
}
