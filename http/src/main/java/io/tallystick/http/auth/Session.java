package io.tallystick.http.auth;

import io.tallystick.service.access.AccessKey;
import java.net.InetAddress;
import java.time.Instant;

/**
 * Somebody who signed in on the page.
 *
 * @param id the SHA-256 of the token in the cookie; the token itself is kept nowhere
 * @param key what was signed in with, as it was then
 * @param csrfToken what requests that change something have to repeat
 * @param address where from
 * @param expiresAt when it ends at the latest
 */
public record Session(
    String id, AccessKey key, String csrfToken, InetAddress address, Instant expiresAt) {
  @Override
  public String toString() {
    return "Session[" + key.name() + "]";
  }
}
