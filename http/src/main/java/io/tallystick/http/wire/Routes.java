package io.tallystick.http.wire;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;

/** How endpoints that read are registered. */
public final class Routes {
  private Routes() {}

  /**
   * A GET, and the HEAD that goes with it. Without one of its own, HEAD would be answered before
   * anybody looked at the key.
   */
  public static void get(RoutesConfig routes, String path, Handler handler) {
    routes.get(path, handler);
    routes.head(path, handler);
  }
}
