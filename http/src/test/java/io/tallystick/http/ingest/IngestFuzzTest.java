package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever comes to a server with a receiver of each type, it has an answer that is no failure of
 * its own, and what an answer says of the events is so: those of a success are in the log, and
 * nothing is of what was refused.
 */
class IngestFuzzTest {
  private static final int REQUESTS = Boolean.getBoolean("tallystick.long") ? 100_000 : 700;
  private static final String TOKEN = "@@";
  private static final String JSON = "application/json";
  private static final String CHANNEL = "X-Splunk-Request-Channel";
  private static final String GUID = "fe0ecfad-13d5-401b-847d-77833bd77131";

  /**
   * A request that is right.
   *
   * @param body a character for each byte; {@value #TOKEN} is replaced by what no other one has
   * @param events how many it has
   * @param atLeast how many any success has that it becomes by being changed
   */
  private record Sample(
      String path, Map<String, String> headers, String body, int events, int atLeast) {
    static Sample of(String path, String type, String body, int events, int atLeast) {
      return new Sample(path, Map.of("Content-Type", type), body, events, atLeast);
    }

    static Sample hec(String path, String body, int events) {
      Map<String, String> headers = Map.of("Content-Type", "text/plain", CHANNEL, GUID);
      return new Sample("/services/collector" + path, headers, body, events, Math.min(1, events));
    }
  }

  private static final String CLOUD_EVENT =
      "{\"specversion\":\"1.0\",\"id\":\"@@\",\"source\":\"s\",\"type\":\"t\",\"data\":{\"a\":1}}";

  private static final List<Sample> SAMPLES =
      List.of(
          Sample.of(
              "/v1/logs",
              JSON,
              ReceivingServer.otlp(1, 2).replace("Value\":\"1\"", "Value\":\"@@\""),
              2,
              0),
          Sample.of(
              "/ingest/otel/v1/logs",
              "application/x-protobuf",
              // A request, its resource, its scope, and two records with a time and a body.
              field(
                  1,
                  field(
                      2,
                      field(2, "\u0009abcdefg\u0000" + field(5, field(1, TOKEN)))
                          + field(2, "\u0009abcdefg\u0000" + field(5, field(1, "\u00c3\u00a9"))))),
              2,
              0),
          Sample.hec(
              "/event", "{\"time\":1,\"event\":\"@@\"}{\"event\":{\"a\":[1,{\"b\":null}]}}", 2),
          Sample.hec("/raw?host=%ff&channel=%00", "@@\r\n{\"a\":1}\n\n", 2),
          Sample.hec("/ack", "{\"acks\":[0,1,2]}", 0),
          Sample.of("/ingest/events?a=b&&=&c", "application/cloudevents+json", CLOUD_EVENT, 1, 1),
          Sample.of(
              "/ingest/events",
              "application/cloudevents-batch+json",
              "[" + CLOUD_EVENT + ",{\"specversion\":\"1.0\"}]",
              2,
              0),
          new Sample(
              "/ingest/events",
              Map.of(
                  "Content-Type",
                  JSON,
                  "ce-specversion",
                  "1.0",
                  "ce-id",
                  "%e2%82%zz%00%",
                  "ce-source",
                  "s",
                  "ce-type",
                  "t"),
              "{\"data\":\"@@\"}",
              1,
              1),
          Sample.of(
              "/ingest/k8s",
              JSON,
              "{\"kind\":\"EventList\",\"items\":[{\"auditID\":\"@@\",\"stage\":\"s\"},null,[]]}",
              3,
              0),
          Sample.of(
              "/ingest/bao", JSON, "{\"type\":\"request\",\"request\":{\"id\":\"@@\"}}", 1, 1),
          new Sample(
              "/ingest/gh",
              Map.of("Content-Type", JSON, "X-GitHub-Event", "push"),
              "{\"action\":\"a\",\"b\":\"@@\"}",
              1,
              1),
          new Sample(
              "/ingest/gl",
              Map.of("Content-Type", JSON, "X-Gitlab-Event-UUID", "u"),
              "{\"object_kind\":\"push\",\"b\":\"@@\"}",
              1,
              1),
          Sample.of("/ingest/std", JSON, "{\"type\":\"a.b\",\"data\":{\"b\":\"@@\"}}", 1, 1),
          Sample.of(
              "/api/audit/events",
              "application/x-ndjson",
              "{\"event_type\":\"a.b\",\"event_id\":\"@@\"}\n{\"event_type\":\"a.c\"}\n",
              2,
              0));

  private static final List<String> HOSTILE =
      List.of(
          "[".repeat(3_000),
          "{\"a\":".repeat(600),
          "{\"a\":1e99999999999}",
          "\"\\ud800\\u0000\"",
          "\n\n\r\n\u0000",
          "",
          "\u00ff\u00fe",
          "null",
          "{},{}",
          "-1.5e-400",
          "\"time\":\"x\",",
          "\"resourceLogs\":[[]],",
          "\n\u00ff\u00ff\u00ff\u00ff\u000f");

  private static final List<String> TYPES =
      List.of(
          JSON,
          "application/x-protobuf",
          "application/cloudevents+json",
          "application/cloudevents-batch+json",
          "application/x-www-form-urlencoded",
          "text/plain; charset=nonsense",
          "nonsense");

  private final Random random = new Random(23);

  /** A field of protobuf with fewer than 128 bytes. */
  private static String field(int number, String content) {
    int length = content.replace(TOKEN, token(0, 0)).length();
    return String.valueOf(new char[] {(char) (number << 3 | 2), (char) length}) + content;
  }

  private static String token(int number, long random) {
    return "t%06dx%016x".formatted(number, random);
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private String changed(String body) {
    int at = random.nextInt(body.length() + 1);
    int to = at + random.nextInt(body.length() + 1 - at);
    return switch (random.nextInt(6)) {
      case 0 -> body.substring(0, at);
      case 1 -> body.substring(0, at) + any(HOSTILE) + body.substring(at);
      case 2 -> body.substring(0, at) + any(HOSTILE) + body.substring(to);
      case 3 -> body.substring(0, to) + body.substring(at);
      case 4 -> any(HOSTILE);
      default -> {
        StringBuilder bytes = new StringBuilder(body);
        for (int i = random.nextInt(4); i >= 0; i--) {
          bytes.setCharAt(random.nextInt(body.length()), (char) random.nextInt(256));
        }
        yield bytes.toString();
      }
    };
  }

  private void change(Map<String, String> headers) {
    switch (random.nextInt(6)) {
      case 0 -> headers.put("Content-Type", any(TYPES));
      case 1 -> headers.put("Content-Encoding", random.nextBoolean() ? "gzip" : "br");
      case 2 -> headers.put("Authorization", random.nextBoolean() ? "Splunk nonsense" : "Bearer");
      case 3 -> headers.put(CHANNEL, "%00%zz");
      case 4 -> headers.put("ce-time", "%e2%82%zz%00%");
      default -> headers.put("X-Hub-Signature-256", "sha256=" + "0".repeat(64));
    }
  }

  private static byte[] hmac(byte[] key, byte[] text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text);
  }

  /** What shows that a sender of webhooks knows the secret. */
  private static void sign(String id, byte[] body, Map<String, String> headers) throws Exception {
    byte[] secret = ReceivingServer.SECRET.getBytes(UTF_8);
    headers.put("X-Hub-Signature-256", "sha256=" + HexFormat.of().formatHex(hmac(secret, body)));
    headers.put("X-Gitlab-Token", ReceivingServer.SECRET);
    String time = Long.toString(Instant.now().getEpochSecond());
    ByteArrayOutputStream signed = new ByteArrayOutputStream();
    signed.writeBytes((id + "." + time + ".").getBytes(UTF_8));
    signed.writeBytes(body);
    headers.put("webhook-id", id);
    headers.put("webhook-timestamp", time);
    headers.put(
        "webhook-signature",
        "v1," + Base64.getEncoder().encodeToString(hmac(secret, signed.toByteArray())));
  }

  private static byte[] gzip(byte[] body) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(zipped)) {
      out.write(body);
    }
    return zipped.toByteArray();
  }

  @Test
  void whatAnAnswerSaysIsSoAndNoneIsAFailure(@TempDir Path folder) throws Exception {
    int[] statuses = new int[600];
    Set<String> sent = new HashSet<>();
    try (ReceivingServer receiving = ReceivingServer.start(folder, config -> config)) {
      String key = receiving.server.key("fuzz", Permission.AUDIT_APPEND);
      for (int i = 0; i < REQUESTS; i++) {
        Sample sample = any(SAMPLES);
        String token = token(i, random.nextLong());
        String right = sample.body.replace(TOKEN, token);
        boolean changesBody = random.nextInt(3) > 0;
        String text = changesBody ? changed(right) : right;
        byte[] body = text.getBytes(ISO_8859_1);
        Map<String, String> headers = new HashMap<>(sample.headers);
        headers.put("Authorization", (random.nextBoolean() ? "Splunk " : "Bearer ") + key);
        sign(token, body, headers);
        boolean changesHeaders = random.nextInt(5) == 0;
        if (changesHeaders) {
          change(headers);
        } else if (random.nextInt(4) == 0) {
          headers.put("Content-Encoding", "gzip");
          body = gzip(body);
        }
        long before = receiving.server.log.lastId();
        HttpResponse<String> answer = receiving.post(sample.path, headers, body);
        long written = writtenSince(receiving, before);
        int status = answer.statusCode();
        statuses[status]++;
        String what = sample.path + " " + headers + "\n" + text + "\n" + status + answer.body();
        assertThat(status).as(what).isLessThan(500);
        if (status >= 400) {
          assertThat(written).as(what).isEqualTo(writtenAllTheSame(answer.body()));
          assertThat(changesBody || changesHeaders).as(what).isTrue();
        } else if (!changesBody && !changesHeaders) {
          assertThat(written).as(what).isEqualTo(sample.events);
        } else if (sent.add(sample.path + text)) {
          assertThat(written).as(what).isGreaterThanOrEqualTo(sample.atLeast);
        }
      }
      int successes = statuses[200] + statuses[201] + statuses[204];
      System.out.printf("%,d requests, %,d successes%n", REQUESTS, successes);
      assertThat(successes).isBetween(REQUESTS / 3, REQUESTS * 9 / 10);
      assertThat(statuses[400]).isPositive();
      String admin = receiving.server.key("reader", Permission.ADMIN_AUDIT);
      assertThat(receiving.server.json("/api/audit/verify", admin).get("valid").asBoolean())
          .isTrue();
    }
  }

  /** Splunk's protocol says which event is wrong, and stores those before it. */
  private static long writtenAllTheSame(String answer) throws IOException {
    return answer.startsWith("{")
        ? TestServer.JSON.readTree(answer).path("invalid-event-number").asLong()
        : 0;
  }

  /** Entries of the senders since this id; the server adds some about refused keys. */
  private static long writtenSince(ReceivingServer receiving, long id) throws Exception {
    return receiving.server.entriesFrom(id + 1).stream()
        .filter(
            entry -> Set.of("fuzz", ReceivingServer.HOOKS).contains(String.valueOf(entry.source())))
        .count();
  }
}
