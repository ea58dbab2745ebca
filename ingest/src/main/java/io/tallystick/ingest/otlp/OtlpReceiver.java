package io.tallystick.ingest.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.receiver.Reply;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;

/**
 * Receives logs by OTLP/HTTP (opentelemetry.io/docs/specs/otlp). All records of a request are
 * stored, or none: there is never a partial success. An answer is in the encoding of its request,
 * and one that says no is a {@code Status}.
 *
 * <p>Senders repeat a request only after 429, 502, 503 and 504, and drop it otherwise. So whatever
 * may go well the next time is answered 503.
 */
public final class OtlpReceiver implements Receiver {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  private static final int INVALID_ARGUMENT = 3;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNAVAILABLE = 14;

  @Override
  public List<Route> routes() {
    return List.of(Route.post("/v1/logs"));
  }

  @Override
  public Received receive(Delivery delivery) {
    String type = delivery.mediaType();
    LogRecords records = new LogRecords(delivery.body());
    try {
      switch (type) {
        case PROTOBUF -> OtlpProtobuf.read(delivery.body(), records);
        case JSON -> OtlpJson.read(delivery.body(), records);
        default -> {
          String detail = "Content-Type must be application/json or application/x-protobuf";
          return Received.nothing(refused(delivery, 415, detail));
        }
      }
    } catch (MalformedOtlpException e) {
      String detail = "The body is no request to export logs: " + e.getMessage() + ".";
      return Received.nothing(refused(delivery, 400, detail));
    }
    Reply success =
        new Reply(200, type, type.equals(JSON) ? new byte[] {'{', '}'} : new byte[0], Map.of());
    return new Received(records.documents(), () -> success);
  }

  @Override
  public Reply refused(Delivery delivery, int status, String detail) {
    int sent = status == 408 || status >= 500 ? 503 : status;
    int code =
        switch (sent) {
          case 401 -> 16;
          case 403 -> 7;
          case 404 -> 5;
          case 413, 429 -> RESOURCE_EXHAUSTED;
          case 503 -> UNAVAILABLE;
          default -> INVALID_ARGUMENT;
        };
    return delivery.mediaType().equals(PROTOBUF)
        ? new Reply(sent, PROTOBUF, status(code, detail), Map.of())
        : Reply.json(
            sent, JsonNodeFactory.instance.objectNode().put("code", code).put("message", detail));
  }

  /** A {@code google.rpc.Status}: its code is field 1, its message field 2. */
  private static byte[] status(int code, String message) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(1 << 3);
    out.write(code);
    byte[] text = message.getBytes(UTF_8);
    out.write((2 << 3) | 2);
    int length = text.length;
    for (; length >= 0x80; length >>>= 7) {
      out.write((length & 0x7f) | 0x80);
    }
    out.write(length);
    out.writeBytes(text);
    return out.toByteArray();
  }
}
