package io.tallystick.forward.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tallystick.forward.net.Halving;
import io.tallystick.forward.net.Halving.Refusal;
import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.net.HttpReceiver;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import io.tallystick.tlog.Quoted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Log records by OTLP over HTTP, as JSON: OpenTelemetry collectors, Grafana, Datadog. What they do
 * with a record after they answered is theirs alone: no more than accepted.
 */
public final class OtlpType implements SinkType {
  private static final Logger LOG = LoggerFactory.getLogger(OtlpType.class);
  private static final JsonMapper MAPPER = new JsonMapper();

  @Override
  public String name() {
    return "otlp";
  }

  @Override
  public Set<String> settings() {
    return HttpReceiver.settings("service");
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    HttpReceiver.check(settings);
    before(settings);
    if (!settings.format().equals("otlp")) {
      throw settings.wrong("format", "must be otlp for this type of sink");
    }
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    check(settings);
    return new OtlpSink(new HttpReceiver(settings, "Bearer"), before(settings));
  }

  /** What stands before the records of a request: the resource and the scope. */
  private static byte[] before(SinkSettings settings) throws IOException {
    String resource =
        attribute("service.name", settings.text("service", "tallystick"))
            + ","
            + attribute("tallystick.origin", settings.origin());
    return ("{\"resourceLogs\":[{\"resource\":{\"attributes\":["
            + resource
            + "]},\"scopeLogs\":[{\"scope\":{\"name\":\"tallystick\"},\"logRecords\":[")
        .getBytes(UTF_8);
  }

  private static String attribute(String key, String text) {
    return "{\"key\":\"%s\",\"value\":{\"stringValue\":%s}}"
        .formatted(key, MAPPER.getNodeFactory().textNode(text));
  }

  private static final class OtlpSink implements Sink {
    private static final byte[] AFTER = "]}]}]}".getBytes(UTF_8);

    private final HttpReceiver receiver;
    private final byte[] before;

    OtlpSink(HttpReceiver receiver, byte[] before) {
      this.receiver = receiver;
      this.before = before;
    }

    @Override
    public Level level() {
      return Level.ACCEPTED;
    }

    @Override
    public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
      return new Delivery(Halving.send(batch, this::post));
    }

    private @Nullable Refusal post(List<Outgoing> part, int first, List<Rejected> rejected)
        throws SinkException, InterruptedException {
      HttpAnswer answer = receiver.post("", "application/json", body(part), Map.of());
      if (answer.isRefusal()) {
        return new Refusal(answer.summary());
      }
      if (!answer.isSuccess()) {
        throw answer.failure();
      }
      JsonNode partial = answer.json().path("partialSuccess");
      long refused = partial.path("rejectedLogRecords").asLong();
      String message = partial.path("errorMessage").asText("");
      if (refused > 0) {
        // It does not say which, and must not be sent the same again.
        String reason =
            "%d of %d log records were refused: %s".formatted(refused, part.size(), message);
        for (int i = 0; i < part.size(); i++) {
          rejected.add(new Rejected(first + i, reason));
        }
      } else if (!message.isEmpty()) {
        LOG.warn("{} warns: {}", receiver.name(), Quoted.of(message));
      }
      return null;
    }

    private byte[] body(List<Outgoing> part) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      body.writeBytes(before);
      for (int i = 0; i < part.size(); i++) {
        if (i > 0) {
          body.write(',');
        }
        body.writeBytes(part.get(i).body());
      }
      body.writeBytes(AFTER);
      return body.toByteArray();
    }

    @Override
    public void close() {
      receiver.close();
    }
  }
}
