package io.tallystick.http.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.answer.AnswerJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The description of the API for programs: {@code GET /openapi.json} (OpenAPI 3.1). */
public final class Description {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final byte[] openapi;

  /**
   * Reads it from the program.
   *
   * @param basePath that everything is served under; empty for the root
   */
  public Description(String basePath) {
    try (InputStream in = Description.class.getResourceAsStream("openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("the program lacks openapi.json");
      }
      byte[] written = in.readAllBytes();
      this.openapi = basePath.isEmpty() ? written : at(basePath, written);
    } catch (IOException e) {
      throw new UncheckedIOException("openapi.json", e);
    }
  }

  private static byte[] at(String basePath, byte[] openapi) throws IOException {
    ObjectNode description = (ObjectNode) JSON.readTree(openapi);
    description.putArray("servers").addObject().put("url", basePath);
    return JSON.writeValueAsBytes(description);
  }

  public void register(RoutesConfig routes) {
    Routes.get(
        routes,
        "/openapi.json",
        request -> request.contentType(AnswerJson.CONTENT_TYPE).result(openapi));
  }
}
