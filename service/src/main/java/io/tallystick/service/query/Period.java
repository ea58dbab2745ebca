package io.tallystick.service.query;

import io.tallystick.index.AuditQuery;
import io.tallystick.service.InvalidParameterException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A range of time.
 *
 * @param since its first instant; {@code null} for no bound
 * @param until the first instant after it; {@code null} for no bound
 */
public record Period(@Nullable Instant since, @Nullable Instant until) {
  /** All of time. */
  public static final Period ALL = new Period(null, null);

  /**
   * @throws InvalidParameterException if it ends before it begins
   */
  public Period {
    checkOrder("since", since, "until", until);
  }

  /** The period that two parameters of these names give. */
  static Period of(
      String sinceName, @Nullable Instant since, String untilName, @Nullable Instant until) {
    checkOrder(sinceName, since, untilName, until);
    return new Period(since, until);
  }

  private static void checkOrder(
      String sinceName, @Nullable Instant since, String untilName, @Nullable Instant until) {
    if (since != null && until != null && !since.isBefore(until)) {
      throw new InvalidParameterException(
          sinceName, sinceName + " must not be later than " + untilName);
    }
  }

  AuditQuery.Span span() {
    return new AuditQuery.Span(since, until);
  }

  /** Whether it includes this instant. */
  boolean includes(Instant time) {
    return (since == null || !time.isBefore(since)) && (until == null || time.isBefore(until));
  }
}
