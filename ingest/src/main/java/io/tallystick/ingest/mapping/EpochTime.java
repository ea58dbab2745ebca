package io.tallystick.ingest.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Times that are numbers: so long after 1970. */
public final class EpochTime {
  /** Most decimals of a time; with more of them, arithmetic takes as long as somebody likes. */
  private static final int MAX_SCALE = 20;

  private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000);
  private static final BigDecimal FIRST =
      BigDecimal.valueOf(Instant.parse("0000-01-01T00:00:00Z").getEpochSecond());
  private static final BigDecimal END =
      BigDecimal.valueOf(Instant.parse("9999-12-31T23:59:59Z").getEpochSecond() + 1);

  private EpochTime() {}

  /**
   * The time in RFC 3339; {@code null} if the value is no number, and before the year 0 and after
   * 9999, where RFC 3339 ends.
   *
   * @param power the value is in seconds divided by this power of ten
   */
  public static @Nullable String of(JsonNode value, int power) {
    BigDecimal number = value.isNumber() ? value.decimalValue() : BigDecimal.ZERO;
    if (!value.isNumber() || Math.abs(number.scale()) > MAX_SCALE) {
      return null;
    }
    BigDecimal seconds = number.movePointLeft(power);
    if (seconds.compareTo(FIRST) < 0 || seconds.compareTo(END) >= 0) {
      return null;
    }
    BigDecimal nanos = seconds.movePointRight(9).setScale(0, RoundingMode.FLOOR);
    BigDecimal[] parts = nanos.divideAndRemainder(NANOS);
    return Instant.ofEpochSecond(parts[0].longValue(), parts[1].longValue()).toString();
  }
}
