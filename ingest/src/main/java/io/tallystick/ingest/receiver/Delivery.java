package io.tallystick.ingest.receiver;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request of a sender. Immutable, but for the bytes of the body, which are not copied. */
public final class Delivery {
  private final String path;
  private final Map<String, String> query;
  private final Map<String, String> headers;
  private final String sender;
  private final byte[] body;

  /**
   * A request.
   *
   * @param path below the receiver's own, empty for that itself
   * @param query parameters by name, the first of each
   * @param headers by name in lower case; several of a name are joined by a comma
   * @param sender name of the key that sent it; empty where none is known yet
   * @param body expanded
   */
  public Delivery(
      String path,
      Map<String, String> query,
      Map<String, String> headers,
      String sender,
      byte[] body) {
    this.path = path;
    this.query = Map.copyOf(query);
    this.headers = Map.copyOf(headers);
    this.sender = sender;
    this.body = body;
  }

  public String path() {
    return path;
  }

  public Map<String, String> query() {
    return query;
  }

  public Map<String, String> headers() {
    return headers;
  }

  public String sender() {
    return sender;
  }

  public byte[] body() {
    return body;
  }

  /** The header with this name; {@code null} if it is absent. */
  public @Nullable String header(String name) {
    return headers.get(name.toLowerCase(Locale.ROOT));
  }

  /** The media type of the body in lower case, without its parameters; empty if unknown. */
  public String mediaType() {
    String type = header("Content-Type");
    return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }
}
