package io.tallystick.entry;

import io.tallystick.text.Ascii;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.Month;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Instants as RFC 3339 section 5.6 writes them, with upper-case {@code T} and {@code Z}, at most
 * nine fractional digits and no leap second. {@link #canonical} brings other valid texts into that
 * form. All methods may be used by many threads.
 */
final class Rfc3339 {
  /** Length of {@code 2026-11-23T03:05:09}. */
  static final int SECOND_BYTES = 19;

  /** Length of {@code 2026-11-23T03:05:09.000000001Z}. */
  static final int NANO_BYTES = SECOND_BYTES + 11;

  private static final long FIRST_SECOND = Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();
  private static final long LAST_SECOND = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

  /** The second that was formatted last: a log formats the same one again and again. */
  private static volatile Second latest = Second.of(0);

  private Rfc3339() {}

  /** Whether the second falls into the years 0000 to 9999, which are all that can be written. */
  static boolean canWrite(long epochSecond) {
    return epochSecond >= FIRST_SECOND && epochSecond <= LAST_SECOND;
  }

  /**
   * Writes the instant in UTC with nine fractional digits, {@link #NANO_BYTES} in all, and returns
   * the offset after it.
   *
   * @throws InvalidEntryException if it {@linkplain #canWrite cannot be written}
   */
  static int put(long epochSecond, int nano, byte[] target, int offset) {
    Second second = latest;
    if (second.epochSecond != epochSecond) {
      second = Second.of(epochSecond);
      latest = second;
    }
    System.arraycopy(second.text, 0, target, offset, SECOND_BYTES);
    target[offset + SECOND_BYTES] = '.';
    Ascii.putDigits(nano, target, offset + SECOND_BYTES + 1, 9);
    target[offset + NANO_BYTES - 1] = 'Z';
    return offset + NANO_BYTES;
  }

  /**
   * The same instant in the form that {@link #parse} reads, if there is one; it checks no more than
   * it changes. A lower-case {@code t} or {@code z} becomes upper-case. A leap second becomes the
   * last nanosecond before it, so that it stays within its minute and day and after every other
   * instant of them. Leap seconds are at the end of the last UTC day of a month.
   *
   * @return null for a text that is too short or long, or a leap second that cannot be
   */
  static @Nullable String canonical(String text) {
    if (text.length() <= SECOND_BYTES || !text.chars().allMatch(c -> c < 0x80)) {
      return null;
    }
    boolean leap = text.startsWith(":60", SECOND_BYTES - 3);
    if (!leap && text.charAt(10) == 'T' && text.charAt(text.length() - 1) != 'z') {
      return text;
    }
    String upper = text.toUpperCase(Locale.ROOT);
    if (leap) {
      int zone = SECOND_BYTES;
      while (zone < upper.length() && "+-Z".indexOf(upper.charAt(zone)) < 0) {
        zone++;
      }
      byte[] before =
          Ascii.bytes(upper.substring(0, SECOND_BYTES - 2) + "59" + upper.substring(SECOND_BYTES));
      Instant instant = parse(before, 0, before.length);
      if (instant == null || !isEndOfMonth(instant)) {
        return null;
      }
      upper = upper.substring(0, SECOND_BYTES - 2) + "59.999999999" + upper.substring(zone);
    }
    return upper;
  }

  private static boolean isEndOfMonth(Instant lastSecond) {
    OffsetDateTime next = lastSecond.atOffset(ZoneOffset.UTC).plusSeconds(1);
    return next.getDayOfMonth() == 1 && next.toLocalTime().toSecondOfDay() == 0;
  }

  /** The instant that is written from {@code from} up to {@code to}, or null if none is. */
  static @Nullable Instant parse(byte[] b, int from, int to) {
    if (to - from <= SECOND_BYTES
        || b[from + 4] != '-'
        || b[from + 7] != '-'
        || b[from + 10] != 'T'
        || b[from + 13] != ':'
        || b[from + 16] != ':') {
      return null;
    }
    int year = Ascii.digits(b, from, 4);
    int month = Ascii.digits(b, from + 5, 2);
    int day = Ascii.digits(b, from + 8, 2);
    int hour = Ascii.digits(b, from + 11, 2);
    int minute = Ascii.digits(b, from + 14, 2);
    int second = Ascii.digits(b, from + 17, 2);
    if (year < 0
        || month < 1
        || month > 12
        || day < 1
        || day > Month.of(month).length(Year.isLeap(year))
        || !isBelow(24, hour)
        || !isBelow(60, minute)
        || !isBelow(60, second)) {
      return null;
    }
    int at = from + SECOND_BYTES;
    int nano = 0;
    if (b[at] == '.') {
      int first = ++at;
      while (at < to && Ascii.isDigit(b[at])) {
        at++;
      }
      int count = at - first;
      if (count < 1 || count > 9) {
        return null;
      }
      nano = Ascii.digits(b, first, count);
      for (int i = count; i < 9; i++) {
        nano *= 10;
      }
    }
    long local =
        LocalDate.of(year, month, day).toEpochDay() * 86_400
            + hour * 3_600L
            + minute * 60L
            + second;
    if (at + 1 == to && b[at] == 'Z') {
      return Instant.ofEpochSecond(local, nano);
    }
    if (at + 6 != to || (b[at] != '+' && b[at] != '-') || b[at + 3] != ':') {
      return null;
    }
    int offsetHour = Ascii.digits(b, at + 1, 2);
    int offsetMinute = Ascii.digits(b, at + 4, 2);
    if (!isBelow(24, offsetHour) || !isBelow(60, offsetMinute)) {
      return null;
    }
    int offset = offsetHour * 3_600 + offsetMinute * 60;
    return Instant.ofEpochSecond(b[at] == '+' ? local - offset : local + offset, nano);
  }

  private static boolean isBelow(int limit, int value) {
    return value >= 0 && value < limit;
  }

  private static final class Second {
    final long epochSecond;
    final byte[] text;

    private Second(long epochSecond, byte[] text) {
      this.epochSecond = epochSecond;
      this.text = text;
    }

    static Second of(long epochSecond) {
      if (!canWrite(epochSecond)) {
        throw new InvalidEntryException(
            "second " + epochSecond + " is outside the years 0000 to 9999 that can be written");
      }
      LocalDateTime time = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
      byte[] text = Ascii.bytes("0000-00-00T00:00:00");
      Ascii.putDigits(time.getYear(), text, 0, 4);
      Ascii.putDigits(time.getMonthValue(), text, 5, 2);
      Ascii.putDigits(time.getDayOfMonth(), text, 8, 2);
      Ascii.putDigits(time.getHour(), text, 11, 2);
      Ascii.putDigits(time.getMinute(), text, 14, 2);
      Ascii.putDigits(time.getSecond(), text, 17, 2);
      return new Second(epochSecond, text);
    }
  }
}
