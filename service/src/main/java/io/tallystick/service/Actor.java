package io.tallystick.service;

import org.jspecify.annotations.Nullable;

/**
 * Who makes an administrative change, as its entry in the log records it.
 *
 * @param name of the API key or of the operating system's account; {@code null} for the server
 *     itself
 * @param address IP address that the request came from; {@code null} if it did not come over HTTP
 * @param local whether the name is an account of the operating system, which ran a command on the
 *     data directory
 */
public record Actor(@Nullable String name, @Nullable String address, boolean local) {
  /** The server itself. */
  public static final Actor SERVER = new Actor(null, null);

  /** The owner of an API key, over HTTP. */
  public Actor(@Nullable String name, @Nullable String address) {
    this(name, address, false);
  }

  /**
   * The account that this process runs under. The operating system says which; the environment and
   * the property {@code user.name}, which anybody can set, only count where it does not.
   */
  public static Actor account() {
    String name =
        ProcessHandle.current().info().user().orElseGet(() -> System.getProperty("user.name"));
    return new Actor(name, null, true);
  }
}
