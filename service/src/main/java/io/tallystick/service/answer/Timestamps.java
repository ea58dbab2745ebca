package io.tallystick.service.answer;

import io.tallystick.entry.EntryCodec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Instants as entries have them: RFC 3339, UTC, nine fractional digits. */
public final class Timestamps {
  private static final DateTimeFormatter NINE_DIGITS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final Instant FIRST_SHORT = Instant.parse("0000-01-01T00:00:00Z");
  private static final Instant FIRST_LONG = Instant.parse("+10000-01-01T00:00:00Z");

  private Timestamps() {}

  public static String text(Instant time) {
    // A receipt has one for each entry, and the formatter takes twenty times as long.
    return time.isBefore(FIRST_SHORT) || !time.isBefore(FIRST_LONG)
        ? NINE_DIGITS.format(time)
        : EntryCodec.timestamp(time);
  }
}
