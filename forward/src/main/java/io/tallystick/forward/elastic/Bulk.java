package io.tallystick.forward.elastic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.forward.net.Halving;
import io.tallystick.forward.net.Halving.Refusal;
import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.net.HttpReceiver;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.tlog.Quoted;
import java.io.ByteArrayOutputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Requests to {@code _bulk} with nothing but {@code create}. The receiver answers for each
 * document: 201 is stored and 409 was stored before, 400 will never be, and everything else may be
 * later.
 */
final class Bulk {
  private static final String NDJSON = "application/x-ndjson";

  private final HttpReceiver receiver;
  private final String path;
  private final Function<Outgoing, String> ids;
  private final Function<Outgoing, byte[]> documents;

  Bulk(
      HttpReceiver receiver,
      String path,
      Function<Outgoing, String> ids,
      Function<Outgoing, byte[]> documents) {
    this.receiver = receiver;
    this.path = path;
    this.ids = ids;
    this.documents = documents;
  }

  Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
    return new Delivery(Halving.send(batch, this::send));
  }

  /** Sends what is left for as long as each answer leaves less. */
  private @Nullable Refusal send(List<Outgoing> part, int first, List<Rejected> rejected)
      throws SinkException, InterruptedException {
    List<Integer> left = IntStream.range(0, part.size()).boxed().toList();
    while (true) {
      HttpAnswer answer =
          receiver.post(path, NDJSON, body(left.stream().map(part::get).toList()), Map.of());
      if (answer.isRefusal() && left.size() == part.size()) {
        return new Refusal(answer.summary());
      }
      if (!answer.isSuccess()) {
        throw answer.failure();
      }
      JsonNode items = answer.json().path("items");
      if (items.size() != left.size()) {
        throw new SinkException(
            "%s answered for %,d of %,d documents"
                .formatted(receiver.name(), items.size(), left.size()));
      }
      List<Integer> again = new ArrayList<>();
      JsonNode busy = null;
      for (int i = 0; i < left.size(); i++) {
        JsonNode result = items.path(i).path("create");
        switch (result.path("status").asInt()) {
          case 200, 201, 409 -> {}
          case 400 -> rejected.add(new Rejected(first + left.get(i), reason(result)));
          default -> {
            again.add(left.get(i));
            busy = result;
          }
        }
      }
      if (busy == null) {
        return null;
      }
      if (again.size() == left.size()) {
        throw new SinkException(
            "%s did not store %,d documents: %s"
                .formatted(receiver.name(), again.size(), Quoted.of(reason(busy))),
            answer.retryAfter(Clock.systemUTC()),
            null);
      }
      left = again;
    }
  }

  private static String reason(JsonNode result) {
    JsonNode error = result.path("error");
    JsonNode cause = error.path("caused_by").path("reason");
    return "%d %s %s %s"
        .formatted(
            result.path("status").asInt(),
            error.path("type").asText(""),
            error.path("reason").asText(""),
            cause.asText(""))
        .strip();
  }

  private byte[] body(List<Outgoing> part) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Outgoing out : part) {
      body.writeBytes(
          Document.MAPPER
              .createObjectNode()
              .set("create", Document.MAPPER.createObjectNode().put("_id", ids.apply(out)))
              .toString()
              .getBytes(UTF_8));
      body.write('\n');
      body.writeBytes(documents.apply(out));
      body.write('\n');
    }
    return body.toByteArray();
  }
}
