package io.tallystick.service;

import org.jspecify.annotations.Nullable;

/**
 * Who makes an administrative change, as its entry in the log records it.
 *
 * @param name of the API key or of the operating system's account; {@code null} for the server
 *     itself
 * @param address IP address that the request came from; {@code null} if it did not come over HTTP
 */
public record Actor(@Nullable String name, @Nullable String address) {
  /** The server itself. */
  public static final Actor SERVER = new Actor(null, null);
}
