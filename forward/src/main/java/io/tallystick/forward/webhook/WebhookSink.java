package io.tallystick.forward.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.tlog.Quoted;
import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends each batch as one webhook:
 *
 * <pre>
 * {"type":"audit.entries","timestamp":"2026-11-23T03:05:09Z","data":[record, record, …]}
 * </pre>
 *
 * Records that are no JSON are texts there. The same batch has the same {@code webhook-id} however
 * often it is sent. Only a 2xx counts; a redirect is not followed, as the receiver's address is
 * what was configured. Of a batch that is refused with 400, 413 or 422 the records are found that
 * are to blame, by halves. Used by one thread.
 */
final class WebhookSink implements Sink {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int ID_DIGITS = 32;
  private static final int MAX_QUOTED_BYTES = 4 * Rejected.MAX_QUOTED_CHARACTERS;

  private final String name;
  private final URI url;
  private final WebhookKeys keys;
  private final Duration timeout;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .version(HttpClient.Version.HTTP_1_1)
          .build();

  /**
   * @param name of the log and the sink, part of each webhook's id
   */
  WebhookSink(String name, URI url, WebhookKeys keys, Duration timeout) {
    this.name = name;
    this.url = url;
    this.keys = keys;
    this.timeout = timeout;
  }

  @Override
  public Level level() {
    return Level.ACCEPTED;
  }

  @Override
  public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
    List<Rejected> rejected = new ArrayList<>();
    send(batch, 0, rejected);
    return new Delivery(rejected);
  }

  private void send(List<Outgoing> batch, int first, List<Rejected> rejected)
      throws SinkException, InterruptedException {
    String refusal = post(batch);
    if (refusal == null) {
      return;
    }
    if (batch.size() == 1) {
      rejected.add(new Rejected(first, refusal));
      return;
    }
    int half = batch.size() / 2;
    send(batch.subList(0, half), first, rejected);
    send(batch.subList(half, batch.size()), first + half, rejected);
  }

  /** Why the receiver refuses the batch, with 400, 413 or 422; {@code null} if it took it. */
  private @Nullable String post(List<Outgoing> batch) throws SinkException, InterruptedException {
    byte[] body = body(batch);
    String id = id(batch);
    long now = Instant.now().getEpochSecond();
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", Long.toString(now))
            .header("webhook-signature", keys.sign(id, now, body))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    HttpResponse<String> answer = answer(request);
    int status = answer.statusCode();
    if (status / 100 == 2) {
      return null;
    }
    if (status == 400 || status == 413 || status == 422) {
      String text = answer.body().strip();
      return "the receiver answered "
          + status
          + (text.isEmpty() ? "" : ": " + Quoted.of(text, Rejected.MAX_QUOTED_CHARACTERS));
    }
    throw new SinkException(
        "the receiver answered " + status + (status / 100 == 3 ? ", a redirect" : ""),
        retryAfter(answer.headers().firstValue("Retry-After").orElse(null)),
        null);
  }

  /** The time-out is for the whole answer, of which only the beginning is kept. */
  private HttpResponse<String> answer(HttpRequest request)
      throws SinkException, InterruptedException {
    CompletableFuture<HttpResponse<String>> answer = client.sendAsync(request, _ -> beginning());
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new SinkException("the receiver can't be reached: " + reason(e.getCause()), e);
    } catch (TimeoutException e) {
      throw new SinkException(
          "the receiver did not answer within " + timeout.toSeconds() + " s", e);
    } finally {
      answer.cancel(true);
    }
  }

  private static HttpResponse.BodySubscriber<String> beginning() {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    return HttpResponse.BodySubscribers.mapping(
        HttpResponse.BodySubscribers.ofByteArrayConsumer(chunk ->
            chunk.ifPresent(bytes ->
                kept.write(bytes, 0, Math.min(bytes.length, MAX_QUOTED_BYTES - kept.size())))),
        _ -> kept.toString(UTF_8));
  }

  private static String reason(@Nullable Throwable cause) {
    if (cause == null) {
      return "unknown";
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private static @Nullable Duration retryAfter(@Nullable String header) {
    if (header == null) {
      return null;
    }
    if (header.matches("[0-9]{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(header));
    }
    try {
      Instant then = ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Duration.between(Instant.now(), then);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static byte[] body(List<Outgoing> batch) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(
        ("{\"type\":\"audit.entries\",\"timestamp\":\"" + batch.getLast().time() + "\",\"data\":[")
            .getBytes(UTF_8));
    for (int i = 0; i < batch.size(); i++) {
      if (i > 0) {
        body.write(',');
      }
      byte[] record = batch.get(i).body();
      boolean json = record.length > 0 && record[0] == '{';
      body.writeBytes(json ? record : AnswerJson.bytes(new String(record, UTF_8)));
    }
    body.writeBytes("]}".getBytes(UTF_8));
    return body.toByteArray();
  }

  private String id(List<Outgoing> batch) {
    MessageDigest digest = Sha256.newDigest();
    digest.update(name.getBytes(UTF_8));
    for (Outgoing record : batch) {
      digest.update(record.body());
      digest.update((byte) '\n');
    }
    return "msg_" + HexFormat.of().formatHex(digest.digest()).substring(0, ID_DIGITS);
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
