package io.tallystick.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.client.Rejection.FieldError;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what the server answers to events. */
final class Answers {
  private Answers() {}

  /**
   * The events that an answer rejects. An answer that does not account for each event is not
   * Tallystick's, whatever its status.
   */
  static List<Rejection> rejections(Answer answer, List<byte[]> events) throws IOException {
    Map<String, Object> body = Json.readObject(answer.body());
    List<?> entries = list(body, "entries");
    List<?> rejected = list(body, "rejected");
    if (entries.size() + rejected.size() != events.size()) {
      throw new IOException("the answer does not account for each event");
    }
    List<Rejection> rejections = new ArrayList<>();
    for (Object one : rejected) {
      if (!(one instanceof Map<?, ?> rejection)
          || !(rejection.get("index") instanceof Long index)
          || index < 0
          || index >= events.size()) {
        throw new IOException("the answer rejects an event that was not sent");
      }
      List<FieldError> errors = errors(list(rejection, "errors"));
      String reason = errors.isEmpty() ? "no reason" : errors.get(0).message();
      rejections.add(rejection(events.get(index.intValue()), 422, reason, errors));
    }
    return rejections;
  }

  /** Why the only event of a request is refused. */
  static Rejection refusal(Answer answer, byte[] event) {
    return rejection(event, answer.status(), answer.detail(), errors(answer.errors()));
  }

  private static Rejection rejection(
      byte[] event, int status, String reason, List<FieldError> errors) {
    return new Rejection(new String(event, UTF_8), status, reason, errors);
  }

  static Receipt receipt(Answer answer, String eventId) throws IOException {
    Map<String, Object> body = Json.readObject(answer.body());
    try {
      if (body.get("id") instanceof Long id
          && body.get("hash") instanceof String hash
          && body.get("timestamp") instanceof String timestamp) {
        boolean replayed = Boolean.TRUE.equals(body.get("replayed"));
        return new Receipt(eventId, id, hash, Instant.parse(timestamp), replayed);
      }
    } catch (DateTimeException e) {
      throw new IOException("the answer has no time", e);
    }
    throw new IOException("the answer is no receipt");
  }

  /** What is in a list of entries. */
  static List<Map<String, Object>> entries(String body) throws IOException {
    List<Map<String, Object>> entries = new ArrayList<>();
    for (Object entry : list(Json.readObject(body), "entries")) {
      if (!(entry instanceof Map<?, ?> fields)) {
        throw new IOException("the answer is no list of entries");
      }
      Map<String, Object> named = new LinkedHashMap<>();
      fields.forEach((name, value) -> named.put(String.valueOf(name), value));
      entries.add(named);
    }
    return entries;
  }

  /** The line of rejected.ndjson. */
  static byte[] toJson(Rejection rejection) throws IOException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", Json.readObject(rejection.event()));
    line.put("status", rejection.status());
    line.put("reason", rejection.reason());
    line.put(
        "errors",
        rejection.errors().stream()
            .map(error -> Map.of("field", error.field(), "message", error.message()))
            .toList());
    return Json.write(line);
  }

  private static List<?> list(Map<?, ?> object, String name) {
    return object.get(name) instanceof List<?> list ? list : List.of();
  }

  private static List<FieldError> errors(List<?> errors) {
    return errors.stream()
        .filter(Map.class::isInstance)
        .map(Map.class::cast)
        .map(error ->
            new FieldError(
                String.valueOf(error.get("field")), String.valueOf(error.get("message"))))
        .toList();
  }
}
