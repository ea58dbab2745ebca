package io.tallystick.forward.net;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a receiver answered. Immutable, as long as nobody changes the bytes. */
public final class HttpAnswer {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  /** Statuses that say something of the records, not of the receiver or the sink. */
  private static final Set<Integer> REFUSED = Set.of(400, 413, 422);

  private static final int MAX_QUOTED_BYTES = 4 * Rejected.MAX_QUOTED_CHARACTERS;

  private final String receiver;
  private final int status;
  private final HttpHeaders headers;
  private final byte[] body;

  /**
   * An answer.
   *
   * @param receiver its host and port, for messages
   * @param body all of it; not copied
   */
  HttpAnswer(String receiver, int status, HttpHeaders headers, byte[] body) {
    this.receiver = receiver;
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  public int status() {
    return status;
  }

  public HttpHeaders headers() {
    return headers;
  }

  /** The whole body; not copied. */
  public byte[] body() {
    return body;
  }

  public boolean isSuccess() {
    return status >= 200 && status < 300;
  }

  /** Whether fewer or other records could be accepted. */
  public boolean isRefusal() {
    return REFUSED.contains(status);
  }

  /** The body as JSON; a missing node if it is none. */
  public JsonNode json() {
    try {
      JsonNode node = MAPPER.readTree(body);
      return node == null ? MissingNode.getInstance() : node;
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  /** The status and the beginning of the body. */
  public String summary() {
    String text = new String(body, 0, Math.min(body.length, MAX_QUOTED_BYTES), UTF_8).strip();
    return "status "
        + status
        + (text.isEmpty() ? "" : ": " + Quoted.of(text, Rejected.MAX_QUOTED_CHARACTERS));
  }

  /** What to throw if the answer is no success. */
  public SinkException failure() {
    String hint =
        switch (status) {
          case 401, 403 -> "; check the credentials and what they permit";
          case 404 -> "; check the url";
          case 301, 302, 303, 307, 308 -> "; redirects are not followed";
          default -> "";
        };
    return new SinkException(
        receiver + " answered with " + summary() + hint, retryAfter(Clock.systemUTC()), null);
  }

  /** How long the receiver asks to be left alone: a number of seconds, or a date. */
  public @Nullable Duration retryAfter(Clock clock) {
    String text = headers.firstValue("Retry-After").orElse("").strip();
    Duration pause;
    try {
      pause =
          text.matches("[0-9]{1,9}")
              ? Duration.ofSeconds(Long.parseLong(text))
              : Duration.between(
                  clock.instant(),
                  ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return null;
    }
    if (pause.isNegative()) {
      return Duration.ZERO;
    }
    return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
  }
}
