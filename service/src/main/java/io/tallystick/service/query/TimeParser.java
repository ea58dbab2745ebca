package io.tallystick.service.query;

import io.tallystick.service.InvalidParameterException;
import io.tallystick.tlog.Quoted;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times as a person gives them, for parameters and options alike. Without an offset a time is UTC.
 *
 * <ul>
 *   <li>a date, {@code today}, or {@code yesterday}: the whole day
 *   <li>RFC 3339, in upper or lower case: that instant
 *   <li>a time as the table prints it, with a space: all of its last digit, since what is printed
 *       was cut there
 *   <li>{@code 90m}, {@code 1h}, {@code 7d}: so long ago
 * </ul>
 */
final class TimeParser {
  private static final Pattern AGO = Pattern.compile("([1-9][0-9]{0,4})([mhd])");
  private static final Pattern PRINTED =
      Pattern.compile(
          "([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.([0-9]{1,9}))?)?)");
  private static final String ALLOWED =
      " must be a date (2026-11-23, today, yesterday), a time (2026-11-23 23:08:22.042,"
          + " 2026-11-23T23:08:22Z, 2026-11-23T23:08:22+01:00; in a URL, write + as %2B), or how"
          + " long ago (90m, 1h, 7d), but was ";

  private final Instant now;

  /**
   * @param now what {@code 1h} and {@code today} are reckoned from
   */
  TimeParser(Instant now) {
    this.now = now;
  }

  /**
   * The first instant that the text means.
   *
   * @throws InvalidParameterException if it is not a time
   */
  Instant start(String name, String text) {
    return parse(name, text)[0];
  }

  /**
   * The first instant after what the text means.
   *
   * @throws InvalidParameterException if it is not a time
   */
  Instant end(String name, String text) {
    return parse(name, text)[1];
  }

  private Instant[] parse(String name, String text) {
    try {
      return bounds(text.toUpperCase(Locale.ROOT));
    } catch (DateTimeException e) {
      throw new InvalidParameterException(name, name + ALLOWED + Quoted.of(text));
    }
  }

  private Instant[] bounds(String text) {
    Matcher ago = AGO.matcher(text.toLowerCase(Locale.ROOT));
    if (ago.matches()) {
      return instant(now.minus(duration(Long.parseLong(ago.group(1)), ago.group(2))));
    }
    Matcher printed = PRINTED.matcher(text);
    if (printed.matches()) {
      Instant start =
          LocalDateTime.parse(printed.group(1) + "T" + printed.group(2)).toInstant(ZoneOffset.UTC);
      return new Instant[] {start, start.plus(lastDigit(printed))};
    }
    if (text.startsWith("+") || text.startsWith("-")) {
      throw new DateTimeException("a year of more than four digits");
    }
    int time = text.indexOf('T');
    if (text.equals("TODAY") || text.equals("YESTERDAY") || time < 0) {
      LocalDate day = day(text);
      return new Instant[] {start(day), start(day.plusDays(1))};
    }
    int zone = Math.max(text.indexOf('Z'), Math.max(text.indexOf('+'), text.lastIndexOf('-')));
    return instant(
        zone > time
            ? OffsetDateTime.parse(text).toInstant()
            : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC));
  }

  private LocalDate day(String text) {
    LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    return switch (text) {
      case "TODAY" -> today;
      case "YESTERDAY" -> today.minusDays(1);
      default -> LocalDate.parse(text);
    };
  }

  private static Duration duration(long count, String unit) {
    return switch (unit) {
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  /** How long the last digit that is printed lasts: a minute, a second, or part of one. */
  private static Duration lastDigit(Matcher printed) {
    String fraction = printed.group(3);
    if (fraction != null) {
      return Duration.ofNanos((long) Math.pow(10, 9 - fraction.length()));
    }
    return printed.group(2).length() > 5 ? Duration.ofSeconds(1) : Duration.ofMinutes(1);
  }

  private static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static Instant[] instant(Instant time) {
    return new Instant[] {time, time.plusNanos(1)};
  }
}
