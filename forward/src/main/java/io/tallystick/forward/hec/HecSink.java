package io.tallystick.forward.hec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
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
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Sends events, then asks until Splunk says that all of them are indexed. A 200 to the events alone
 * proves nothing.
 */
final class HecSink implements Sink {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String JSON = "application/json";
  private static final String CHANNEL = "X-Splunk-Request-Channel";
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** Codes of a 400 that say something of the events: no data, format, event required or blank. */
  private static final Set<Integer> OF_EVENTS = Set.of(5, 6, 12, 13, 15);

  private final HttpReceiver receiver;
  private final HecOptions options;

  /** What acknowledgements belong to. A new one after each failure: old numbers mean nothing. */
  private String channel = newChannel();

  HecSink(HttpReceiver receiver, HecOptions options) {
    this.receiver = receiver;
    this.options = options;
  }

  private static String newChannel() {
    return UUID.randomUUID().toString();
  }

  @Override
  public Level level() {
    return options.acknowledge() ? Level.CONFIRMED : Level.ACCEPTED;
  }

  @Override
  public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
    boolean complete = false;
    try {
      Set<Long> pending = new TreeSet<>();
      List<Rejected> rejected = Halving.send(batch, (part, first, refused) -> post(part, pending));
      awaitAcknowledged(pending);
      complete = true;
      return new Delivery(rejected);
    } finally {
      if (!complete) {
        channel = newChannel();
      }
    }
  }

  private @Nullable Refusal post(List<Outgoing> part, Set<Long> pending)
      throws SinkException, InterruptedException {
    HttpAnswer answer = post(part);
    JsonNode said = answer.json();
    if (answer.isSuccess()) {
      if (options.acknowledge()) {
        pending.add(acknowledgement(said));
      }
      return null;
    }
    int code = said.path("code").asInt(-1);
    if (answer.status() == 413) {
      return new Refusal(answer.summary());
    }
    if (answer.status() == 400 && (code < 0 || OF_EVENTS.contains(code))) {
      // Those before the number were accepted, but nobody acknowledges them: they are sent again.
      return new Refusal(answer.summary(), said.path("invalid-event-number").asInt(-1));
    }
    throw answer.failure();
  }

  private HttpAnswer post(List<Outgoing> events) throws SinkException, InterruptedException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Outgoing out : events) {
      body.writeBytes(event(out).toString().getBytes(UTF_8));
      body.write('\n');
    }
    return receiver.post(
        "/services/collector/event", JSON, body.toByteArray(), Map.of(CHANNEL, channel));
  }

  private ObjectNode event(Outgoing out) {
    ObjectNode event = MAPPER.createObjectNode();
    Instant time = out.time();
    event.put("time", String.format(Locale.ROOT, "%d.%09d", time.getEpochSecond(), time.getNano()));
    if (options.host() != null) {
      event.put("host", options.host());
    }
    event.put("source", options.source());
    event.put("sourcetype", options.sourcetype());
    if (options.index() != null) {
      event.put("index", options.index());
    }
    String record = new String(out.body(), UTF_8);
    if (options.json()) {
      event.putRawValue("event", new RawValue(record));
    } else {
      event.put("event", record);
    }
    event
        .putObject("fields")
        .put("tallystick_origin", options.origin())
        .put("tallystick_sink", options.sink())
        .put("tallystick_id", out.id())
        .put("tallystick_seq", out.seq())
        .put("tallystick_hash", out.hash())
        .put("tallystick_marker", out.marker());
    return event;
  }

  private long acknowledgement(JsonNode said) throws SinkException {
    JsonNode number = said.path("ackId");
    if (!number.isIntegralNumber()) {
      throw new SinkException(
          receiver.name()
              + " gives no ackId: enable indexer acknowledgement for the token, or set acknowledge:"
              + " false, with which nothing is confirmed");
    }
    return number.longValue();
  }

  private void awaitAcknowledged(Set<Long> pending) throws SinkException, InterruptedException {
    long end = System.nanoTime() + options.patience().toNanos();
    Duration pause = FIRST_PAUSE;
    while (!pending.isEmpty()) {
      Thread.sleep(pause);
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
              ? LONGEST_PAUSE
              : pause.multipliedBy(2);
      ObjectNode question = MAPPER.createObjectNode();
      ArrayNode numbers = question.putArray("acks");
      pending.forEach(numbers::add);
      HttpAnswer answer =
          receiver.post(
              "/services/collector/ack",
              JSON,
              question.toString().getBytes(UTF_8),
              Map.of(CHANNEL, channel));
      if (!answer.isSuccess()) {
        throw answer.failure();
      }
      JsonNode acks = answer.json().path("acks");
      // It answers true only once; false means pending or lost.
      pending.removeIf(number -> acks.path(Long.toString(number)).asBoolean());
      if (!pending.isEmpty() && System.nanoTime() > end) {
        throw new SinkException(
            receiver.name()
                + " did not acknowledge what it accepted within "
                + options.patience().toSeconds()
                + " s");
      }
    }
  }

  @Override
  public void close() {
    receiver.close();
  }
}
