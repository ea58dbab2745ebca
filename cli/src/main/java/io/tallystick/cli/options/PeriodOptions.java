package io.tallystick.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A range of time. */
public final class PeriodOptions {
  @Option(
      names = "--since",
      paramLabel = "TIME",
      description =
          "At this time or later: 2026-11-23, \"2026-11-23 23:08:22.042\", RFC 3339, 1h or 7d (ago),"
              + " today, yesterday")
  @Nullable String since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "At this time or earlier; a date includes its day")
  @Nullable String until;

  public Given addTo(Given given) {
    return given.one("since", since).one("until", until);
  }
}
