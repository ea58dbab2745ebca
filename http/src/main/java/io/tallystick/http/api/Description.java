package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.query.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** What this server answers to what, for programs: {@code GET /openapi.json} (OpenAPI 3.1). */
public final class Description {
  private final byte[] openapi;

  /** Reads it from the program. */
  public Description() {
    try (InputStream in = Description.class.getResourceAsStream("openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("the program lacks openapi.json");
      }
      this.openapi = in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("openapi.json", e);
    }
  }

  public void register(RoutesConfig routes) {
    Routes.get(
        routes, "/openapi.json", request -> request.contentType(Answer.JSON).result(openapi));
  }
}
