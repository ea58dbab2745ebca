package io.tallystick.client;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a server said.
 *
 * @param retryAfter its wish; zero if it has none
 * @param isProblem whether it is Tallystick's own word about an error, and not a proxy's
 */
record Answer(int status, Duration retryAfter, boolean isProblem, String body) {
  /** What an answer means for the events of its request. */
  enum Verdict {
    /** The body has a receipt for each event, or rejects it. */
    ACCEPTED,
    /** An event of the request is wrong, and will be every time. */
    REFUSED,
    /** No fault of the events: send them again later. */
    NOT_NOW
  }

  Verdict verdict() {
    return switch (status) {
      case 200, 201, 207 -> Verdict.ACCEPTED;
      case 400, 409, 413, 422 -> isProblem ? Verdict.REFUSED : Verdict.NOT_NOW;
      default -> Verdict.NOT_NOW;
    };
  }

  /** Whether the server does not accept the key. */
  boolean isDenied() {
    return status == 401 || status == 403;
  }

  String detail() {
    return problem().get("detail") instanceof String detail ? detail : "no explanation";
  }

  List<?> errors() {
    return problem().get("errors") instanceof List<?> errors ? errors : List.of();
  }

  String describe() {
    return "the server answered " + status + ": " + detail();
  }

  private Map<String, Object> problem() {
    try {
      return isProblem ? Json.readObject(body) : Map.of();
    } catch (IOException e) {
      return Map.of();
    }
  }
}
