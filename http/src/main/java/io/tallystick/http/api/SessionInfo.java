package io.tallystick.http.api;

import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.answer.ShortTime;
import java.time.Instant;

/**
 * A session of the page, in an answer.
 *
 * @param csrfToken what changes must repeat
 * @param expiresAt when it ends at the latest
 * @param idleSeconds how long it lasts without a request
 * @param key that signed in
 */
record SessionInfo(
    String csrfToken,
    @JsonSerialize(using = ShortTime.class) Instant expiresAt,
    long idleSeconds,
    KeyInfo key) {
  /** It holds the token. */
  @Override
  public String toString() {
    return "SessionInfo[" + key + "]";
  }
}
