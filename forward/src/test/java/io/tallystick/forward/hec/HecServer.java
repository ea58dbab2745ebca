package io.tallystick.forward.hec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.net.TestReceiver.Reply;
import io.tallystick.forward.reconcile.Held;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * An HTTP Event Collector with indexer acknowledgement, from what Splunk documents. It says 200 to
 * what it only has in memory. What is indexed survives when it is killed, what is not and all
 * acknowledgements are gone.
 */
public final class HecServer implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  final List<JsonNode> indexed = new ArrayList<>();
  private final List<JsonNode> memory = new ArrayList<>();
  private final Map<String, Map<Integer, Boolean>> acks = new HashMap<>();
  private final String token;
  final TestReceiver http;

  /** Whether it acknowledges at all. */
  boolean acknowledges = true;

  /** Whether it ever indexes what it has. */
  boolean indexes = true;

  /** What it refuses. */
  Predicate<JsonNode> poison = event -> false;

  boolean saysWhichIsPoison = true;

  int maxEvents = Integer.MAX_VALUE;

  /** Answers to give first. */
  final List<Reply> first = new ArrayList<>();

  int posts;

  public HecServer(String token) {
    this.token = token;
    http = new TestReceiver(this::answer);
  }

  private synchronized Reply answer(HttpExchange request, byte[] body) {
    if (!("Splunk " + token).equals(request.getRequestHeaders().getFirst("Authorization"))) {
      return new Reply(403, "{\"text\":\"Invalid token\",\"code\":4}");
    }
    if (!first.isEmpty()) {
      return first.removeFirst();
    }
    String channel = request.getRequestHeaders().getFirst("X-Splunk-Request-Channel");
    if (channel == null) {
      return new Reply(400, "{\"text\":\"Data channel is missing\",\"code\":10}");
    }
    Map<Integer, Boolean> own = acks.computeIfAbsent(channel, each -> new HashMap<>());
    try {
      return request.getRequestURI().getPath().equals("/services/collector/ack")
          ? acknowledged(own, MAPPER.readTree(body))
          : accepted(own, body);
    } catch (IOException e) {
      return new Reply(400, "{\"text\":\"Invalid data format\",\"code\":6}");
    }
  }

  private Reply accepted(Map<Integer, Boolean> own, byte[] body) throws IOException {
    posts++;
    List<JsonNode> events = new ArrayList<>();
    try (MappingIterator<JsonNode> all = MAPPER.readerFor(JsonNode.class).readValues(body)) {
      all.forEachRemaining(events::add);
    }
    if (events.size() > maxEvents) {
      return new Reply(413, "");
    }
    for (int i = 0; i < events.size(); i++) {
      if (poison.test(events.get(i))) {
        // Those before it are accepted all the same.
        memory.addAll(events.subList(0, i));
        return new Reply(
            400,
            saysWhichIsPoison
                ? "{\"text\":\"Invalid data format\",\"code\":6,\"invalid-event-number\":" + i + "}"
                : "{\"text\":\"Invalid data format\",\"code\":6}");
      }
    }
    memory.addAll(events);
    if (!acknowledges) {
      return new Reply(200, "{\"text\":\"Success\",\"code\":0}");
    }
    int number = own.size();
    own.put(number, false);
    return new Reply(200, "{\"text\":\"Success\",\"code\":0,\"ackId\":" + number + "}");
  }

  /** It answers true only once for each request. */
  private Reply acknowledged(Map<Integer, Boolean> own, JsonNode question) {
    if (indexes) {
      indexed.addAll(memory);
      memory.clear();
      own.replaceAll((number, told) -> told);
    }
    ObjectNode answers = MAPPER.createObjectNode();
    for (JsonNode number : question.path("acks")) {
      Boolean told = own.get(number.asInt());
      boolean tell = indexes && told != null && !told;
      answers.put(number.asText(), tell);
      if (tell) {
        own.put(number.asInt(), true);
      }
    }
    return new Reply(200, "{\"acks\":" + answers + "}");
  }

  /** Ends as by a power cut, and comes back. */
  void killAndRestart() {
    http.kill();
    synchronized (this) {
      memory.clear();
      acks.clear();
    }
    http.start();
  }

  public int port() {
    return http.port();
  }

  /** The records that are indexed, in this format. */
  public synchronized List<Held> held(Format format) {
    return indexed.stream()
        .flatMap(event -> format.read(event.path("event").toString().getBytes(UTF_8)).stream())
        .toList();
  }

  synchronized List<Long> seqs() {
    return indexed.stream()
        .map(event -> event.path("fields"))
        .filter(fields -> !fields.path("tallystick_marker").asBoolean())
        .map(fields -> fields.path("tallystick_seq").asLong())
        .toList();
  }

  @Override
  public void close() {
    http.close();
  }
}
