package io.tallystick.ingest.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** What a sender is answered. Immutable, but for the bytes of the body, which are not copied. */
public final class Reply {
  private final int status;
  private final String contentType;
  private final byte[] body;
  private final Map<String, String> headers;

  /**
   * An answer.
   *
   * @param contentType of the body; empty without one
   */
  public Reply(int status, String contentType, byte[] body, Map<String, String> headers) {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
    this.headers = Map.copyOf(headers);
  }

  public int status() {
    return status;
  }

  public String contentType() {
    return contentType;
  }

  public byte[] body() {
    return body;
  }

  public Map<String, String> headers() {
    return headers;
  }

  public static Reply json(int status, JsonNode body) {
    return new Reply(status, "application/json", body.toString().getBytes(UTF_8), Map.of());
  }

  /** Success, of which there is nothing more to say. */
  public static Reply noContent() {
    return new Reply(204, "", new byte[0], Map.of());
  }
}
