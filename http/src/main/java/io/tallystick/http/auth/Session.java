package io.tallystick.http.auth;

import io.tallystick.service.access.AccessKey;
import java.net.InetAddress;
import java.time.Instant;

/**
 * A session of the web page.
 *
 * @param id the SHA-256 of the token in the cookie; the token itself is kept nowhere
 * @param key the key that signed in, as it was then
 * @param csrfToken which requests that change something must repeat
 * @param address that the sign-in came from
 * @param expiresAt when it ends at the latest
 */
public record Session(
    String id, AccessKey key, String csrfToken, InetAddress address, Instant expiresAt) {
  @Override
  public String toString() {
    return "Session[" + key.name() + "]";
  }
}
