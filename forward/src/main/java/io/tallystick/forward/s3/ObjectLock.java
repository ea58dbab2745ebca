package io.tallystick.forward.s3;

import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkSettings;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * For how long nobody may delete an object.
 *
 * @param mode {@code COMPLIANCE}, which nobody can shorten, {@code GOVERNANCE}, or {@code NONE}
 */
record ObjectLock(String mode, long days) {
  private static final String NONE = "none";
  private static final long MAX_DAYS = 36_500;

  static ObjectLock of(SinkSettings settings) throws SettingException {
    String mode = settings.word("lock_mode", List.of(NONE, "governance", "compliance"), NONE);
    long days = settings.number("lock_days", 0, 1, MAX_DAYS);
    if (mode.equals(NONE) != (days == 0)) {
      throw settings.wrong("lock_days", "and lock_mode belong together, but one is missing");
    }
    return new ObjectLock(mode.toUpperCase(Locale.ROOT), days);
  }

  boolean isOn() {
    return days > 0;
  }

  Map<String, String> headers(Instant now) {
    return !isOn()
        ? Map.of()
        : Map.of(
            "x-amz-object-lock-mode",
            mode,
            "x-amz-object-lock-retain-until-date",
            now.plus(days, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS).toString());
  }
}
