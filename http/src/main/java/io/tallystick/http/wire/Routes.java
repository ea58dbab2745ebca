package io.tallystick.http.wire;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;

/** Registers endpoints that read. */
public final class Routes {
  private Routes() {}

  /**
   * A GET and its HEAD. Without a handler of its own, HEAD would be answered before the key is
   * checked.
   */
  public static void get(RoutesConfig routes, String path, Handler handler) {
    routes.get(path, handler);
    routes.head(path, handler);
  }
}
