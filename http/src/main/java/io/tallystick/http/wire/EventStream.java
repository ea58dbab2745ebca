package io.tallystick.http.wire;

import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * An answer of server-sent events, each of which is sent at once. It bypasses the framework, whose
 * stream does not pass flushes on. Used by one thread.
 */
public final class EventStream {
  public static final String CONTENT_TYPE = "text/event-stream";

  private final OutputStream out;

  public EventStream(Context request) throws IOException {
    request.contentType(CONTENT_TYPE);
    request.header("X-Accel-Buffering", "no");
    out = request.res().getOutputStream();
    heartbeat();
  }

  @FunctionalInterface
  public interface Data {
    void writeTo(OutputStream out) throws IOException, InterruptedException;
  }

  /**
   * Sends an event.
   *
   * @param data JSON without a line break
   */
  public void send(String event, Data data) throws IOException, InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(("event: " + event + "\ndata: ").getBytes(StandardCharsets.UTF_8));
    data.writeTo(bytes);
    bytes.write('\n');
    bytes.write('\n');
    bytes.writeTo(out);
    out.flush();
  }

  /** Keeps the connection open; fails if the client has gone. */
  public void heartbeat() throws IOException {
    out.write(":\n\n".getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
