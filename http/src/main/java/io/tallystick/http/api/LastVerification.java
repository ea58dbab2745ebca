package io.tallystick.http.api;

import io.tallystick.service.answer.Verification;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The last verification that this server finished, in an answer; all {@code null} before the first.
 *
 * @param by name of the key that asked for it
 */
record LastVerification(
    @Nullable Instant finishedAt, @Nullable String by, @Nullable Verification report) {
  /** Before the first. */
  static final LastVerification NONE = new LastVerification(null, null, null);
}
