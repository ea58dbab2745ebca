package io.tallystick.ingest.hec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.Intake.Document;
import io.tallystick.ingest.mapping.EpochTime;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.JsonBody;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.receiver.Reply;
import io.tallystick.tlog.Sha256;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Receives events as Splunk's HTTP Event Collector does: JSON objects back to back, whatever the
 * content type, or raw lines. An answer of success means that the events are in the log, with and
 * without acknowledgement.
 *
 * <p>An event's id is the hash of its request and its place in it, for a sender repeats a request
 * byte for byte; but not where it has no time, because then two requests may be equal and both be
 * meant.
 *
 * <p>Of a request with an event that is wrong, those before it are appended, and the answer says
 * its place: that is what senders expect, and go on after it.
 */
public final class HecReceiver implements Receiver {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String COLLECTOR = "/services/collector";
  private static final String RAW = COLLECTOR + "/raw";
  private static final String ACK = COLLECTOR + "/ack";
  private static final String MARK = "protocol";
  private static final String TIME_FAILURE = "time_failure";

  /** A time as a text, as the mapping reads it. */
  private static final Pattern NUMBER =
      Pattern.compile("-?[0-9]{1,19}(?:[.][0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?");

  private static final int MAX_ASKED = 10_000;

  /** So many raw lines a request may always have. */
  private static final int FREE_LINES = 10_000;

  /** Beyond that, a line for each so many bytes: tiny ones take far more memory. */
  private static final int BYTES_PER_LINE = 32;

  private final boolean acknowledges;
  private final Acknowledgements acknowledgements = new Acknowledgements();

  /**
   * @param acknowledges whether each request gets an id that its sender can ask for later; then
   *     every request needs a channel
   */
  public HecReceiver(boolean acknowledges) {
    this.acknowledges = acknowledges;
  }

  @Override
  public List<Route> routes() {
    return List.of(
        Route.post(COLLECTOR),
        Route.post(COLLECTOR + "/event"),
        Route.post(COLLECTOR + "/event/1.0"),
        Route.post(RAW),
        Route.post(ACK),
        new Route("GET", COLLECTOR + "/health", true));
  }

  @Override
  public Reply answer(Delivery delivery) {
    return said(200, 17, "HEC is healthy");
  }

  @Override
  public Received receive(Delivery delivery) {
    if (delivery.path().equals(ACK)) {
      return Received.nothing(acknowledged(delivery));
    }
    String channel = channel(delivery);
    if (acknowledges && channel == null) {
      return Received.nothing(said(400, 10, "Data channel is missing"));
    }
    if (acknowledges && !isGuid(channel)) {
      return Received.nothing(said(400, 11, "Invalid data channel"));
    }
    Events events = delivery.path().equals(RAW) ? raw(delivery) : events(delivery.body());
    Reply failure = events.failure;
    if (failure != null) {
      return new Received(events.documents, () -> failure);
    }
    return new Received(events.documents, () -> success(delivery, channel));
  }

  /** What could be read, and what is wrong with what comes then. */
  private record Events(List<Document> documents, @Nullable Reply failure) {}

  private Reply success(Delivery delivery, @Nullable String channel) {
    ObjectNode answer = body(0, "Success");
    if (acknowledges && channel != null) {
      answer.put("ackId", acknowledgements.written(channel(delivery.sender(), channel)));
    }
    return Reply.json(200, answer);
  }

  private static Events events(byte[] body) {
    JsonBody.Values all = JsonBody.readAll(body);
    String request = Sha256.hex(body);
    List<Document> documents = new ArrayList<>();
    for (JsonNode value : all.values()) {
      Reply failure = failure(value, documents.size());
      if (failure != null) {
        return new Events(documents, failure);
      }
      documents.add(document(value, request + "/" + documents.size()));
    }
    if (all.failure() != null) {
      return new Events(documents, wrong(6, "Invalid data format", documents.size()));
    }
    return new Events(documents, documents.isEmpty() ? said(400, 5, "No data") : null);
  }

  /** What is wrong with an event; {@code null} if nothing is. */
  private static @Nullable Reply failure(JsonNode value, int place) {
    if (!value.isObject()) {
      return wrong(6, "Invalid data format", place);
    }
    JsonNode event = value.path("event");
    if (event.isMissingNode() || event.isNull()) {
      return wrong(12, "Event field is required", place);
    }
    if (event.isTextual() && event.textValue().isEmpty()) {
      return wrong(13, "Event field cannot be blank", place);
    }
    JsonNode fields = value.path("fields");
    boolean flat =
        fields.isObject()
            && fields.properties().stream().noneMatch(one -> one.getValue().isObject());
    return fields.isMissingNode() || fields.isNull() || flat
        ? null
        : wrong(15, "Error in handling indexed fields", place);
  }

  private static Document document(JsonNode value, String id) {
    ObjectNode content = JSON.objectNode();
    if (!value.has(MARK)) {
      content.put(MARK, "hec");
    }
    content.setAll((ObjectNode) value);
    return new Document(content, checkTime(content) ? id : null, "event");
  }

  /**
   * Whether the event says when it happened. A time that is not usable stays where it is, with a
   * note beside it: nobody should wonder why {@code occurred_at} is missing.
   */
  private static boolean checkTime(ObjectNode content) {
    JsonNode time = content.path("time");
    if (time.isMissingNode() || time.isNull()) {
      return false;
    }
    JsonNode number = time.isTextual() ? number(time.textValue()) : time;
    if (EpochTime.of(number, 0) != null) {
      return true;
    }
    content.put(
        TIME_FAILURE,
        "time must be a number of seconds since 1970, before the year 10000; there is no"
            + " occurred_at");
    return false;
  }

  private static JsonNode number(String text) {
    return NUMBER.matcher(text).matches()
        ? JSON.numberNode(new BigDecimal(text))
        : JSON.missingNode();
  }

  /** Each line is an event; one that is a JSON object stays one. */
  private static Events raw(Delivery delivery) {
    List<Document> documents = new ArrayList<>();
    for (String line : new String(delivery.body(), UTF_8).split("\r?\n", -1)) {
      if (documents.size() == Math.max(FREE_LINES, delivery.body().length / BYTES_PER_LINE)) {
        return new Events(List.of(), said(413, 27, "Request entity too large: too many lines"));
      }
      if (!line.isBlank()) {
        ObjectNode content = JSON.objectNode().put(MARK, "hec");
        for (String name : List.of("time", "host", "source", "sourcetype", "index")) {
          String value = delivery.query().get(name);
          if (value != null) {
            content.put(name, value);
          }
        }
        boolean _ = checkTime(content);
        JsonNode object = line.startsWith("{") ? JsonBody.read(line.getBytes(UTF_8)) : null;
        content.set("event", object == null ? JSON.textNode(line) : object);
        documents.add(new Document(content, null, "event"));
      }
    }
    return new Events(documents, documents.isEmpty() ? said(400, 5, "No data") : null);
  }

  private Reply acknowledged(Delivery delivery) {
    String channel = channel(delivery);
    JsonNode asked = JsonBody.read(delivery.body());
    if (!acknowledges) {
      return said(400, 14, "ACK is disabled");
    }
    if (channel == null) {
      return said(400, 10, "Data channel is missing");
    }
    List<Long> ids = new ArrayList<>();
    JsonNode acks = asked == null ? JSON.missingNode() : asked.path("acks");
    if (!acks.isArray() || acks.size() > MAX_ASKED) {
      return said(400, 6, "Invalid data format");
    }
    for (JsonNode id : acks) {
      if (!id.canConvertToLong() || !id.isIntegralNumber()) {
        return said(400, 6, "Invalid data format");
      }
      ids.add(id.longValue());
    }
    ObjectNode answer = JSON.objectNode();
    ObjectNode said = answer.putObject("acks");
    new TreeMap<>(acknowledgements.ask(channel(delivery.sender(), channel), ids))
        .forEach((id, written) -> said.put(id.toString(), written));
    return Reply.json(200, answer);
  }

  private static Acknowledgements.Channel channel(String sender, String id) {
    return new Acknowledgements.Channel(sender, id.toLowerCase(Locale.ROOT));
  }

  private static @Nullable String channel(Delivery delivery) {
    String header = delivery.header("X-Splunk-Request-Channel");
    return header == null ? delivery.query().get("channel") : header.strip();
  }

  private static boolean isGuid(@Nullable String text) {
    try {
      return text != null && text.length() == 36 && !UUID.fromString(text).toString().isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static ObjectNode body(int code, String text) {
    return JSON.objectNode().put("text", text).put("code", code);
  }

  private static Reply said(int status, int code, String text) {
    return Reply.json(status, body(code, text));
  }

  private static Reply wrong(int code, String text, int place) {
    return Reply.json(400, body(code, text).put("invalid-event-number", place));
  }

  @Override
  public Reply refused(Delivery delivery, int status, String detail) {
    String authorization = delivery.header("Authorization");
    boolean keyed = authorization != null || delivery.header("X-API-Key") != null;
    return switch (status) {
      case 401 -> {
        if (!keyed) {
          yield said(401, 2, "Token is required");
        }
        boolean known =
            authorization == null
                || authorization.toLowerCase(Locale.ROOT).matches("(splunk|bearer) .*");
        yield known ? said(403, 4, "Invalid token") : said(401, 3, "Invalid authorization");
      }
      case 403 -> said(403, 1, "Token disabled: " + detail);
      case 413 -> said(413, 27, "Request entity too large: " + detail);
      case 429 -> said(429, 9, "Server is busy: " + detail);
      case 400, 404, 415 -> said(status, 6, "Invalid data format: " + detail);
      default -> said(503, 9, "Server is busy: " + detail);
    };
  }
}
