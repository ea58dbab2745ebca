package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hostile requests to every receiver: none fails, and what is refused leaves nothing in the log.
 * Splunk's protocol is the exception that it asks for: the events before a wrong one count.
 */
class IngestFuzzTest {
  private static final int REQUESTS = Boolean.getBoolean("tallystick.long") ? 100_000 : 500;

  private static final List<String> PATHS =
      List.of(
          "/v1/logs",
          "/ingest/otel/v1/logs",
          "/services/collector/event",
          "/services/collector/raw?host=%ff&channel=%00",
          "/services/collector/ack",
          "/ingest/lines/services/collector",
          "/ingest/events?a=b&&=&c",
          "/ingest/k8s",
          "/ingest/bao",
          "/ingest/gh",
          "/ingest/std");

  private static final List<String> BODIES =
      List.of(
          ReceivingServer.otlp(1, 2),
          "{\"time\":1,\"event\":\"x\"}{\"event\":{\"a\":[1,2,{\"b\":null}]}}",
          "{\"acks\":[0,1,2]}",
          "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data\":\"d\"}",
          "[{\"specversion\":\"1.0\"}]",
          "{\"kind\":\"EventList\",\"items\":[{\"auditID\":\"a\",\"stage\":\"s\"},null,[]]}",
          "{\"type\":\"request\",\"request\":{\"id\":\"r\"}}",
          "[".repeat(3_000),
          "{\"a\":1e99999999999}",
          "{\"a\":\"\\ud800\\u0000\"}",
          "\n\n\r\n\u0000",
          "");

  private static final List<String> TYPES =
      List.of(
          "application/json",
          "application/x-protobuf",
          "application/cloudevents+json",
          "application/cloudevents-batch+json",
          "text/plain; charset=nonsense",
          "nonsense");

  private static byte[] mutated(Random random, byte[] bytes) {
    for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return random.nextInt(5) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
  }

  private static Map<String, String> headers(Random random, String key) {
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", TYPES.get(random.nextInt(TYPES.size())));
    headers.put(
        "Authorization",
        random.nextInt(20) == 0
            ? "Splunk nonsense"
            : (random.nextBoolean() ? "Splunk " : "Bearer ") + key);
    if (random.nextInt(10) == 0) {
      headers.put("Content-Encoding", random.nextBoolean() ? "gzip" : "br");
    }
    if (random.nextBoolean()) {
      headers.put("X-Splunk-Request-Channel", "fe0ecfad-13d5-401b-847d-77833bd77131");
    }
    for (String name : List.of("ce-specversion", "ce-id", "ce-source", "ce-type")) {
      if (random.nextBoolean()) {
        headers.put(name, "%e2%82%zz%00%");
      }
    }
    if (random.nextBoolean()) {
      headers.put("X-Hub-Signature-256", "sha256=" + "0".repeat(64));
    }
    return headers;
  }

  @Test
  void nothingFailsAndWhatIsRefusedIsNotInTheLog(@TempDir Path folder) throws Exception {
    Random random = new Random(23);
    int[] statuses = new int[600];
    try (ReceivingServer receiving = ReceivingServer.start(folder, config -> config)) {
      String key = receiving.server.key("fuzz", Permission.AUDIT_APPEND);
      for (int i = 0; i < REQUESTS; i++) {
        String path = PATHS.get(random.nextInt(PATHS.size()));
        byte[] body = mutated(random, BODIES.get(random.nextInt(BODIES.size())).getBytes(UTF_8));
        long before = receiving.server.log.lastId();
        HttpResponse<String> answer = receiving.post(path, headers(random, key), body);
        int status = answer.statusCode();
        statuses[status]++;
        assertThat(status).as(path + ": " + answer.body()).isLessThan(500);
        if (status >= 400 && !path.contains("collector")) {
          assertThat(writtenSince(receiving, before)).as(path).isZero();
        }
      }
      assertThat(statuses[200] + statuses[204]).isGreaterThan(REQUESTS / 10);
      assertThat(statuses[400]).isPositive();
      String admin = receiving.server.key("reader", Permission.ADMIN_AUDIT);
      assertThat(receiving.server.json("/api/audit/verify", admin).get("valid").asBoolean())
          .isTrue();
    }
  }

  /** Entries of the sender since this id; the server adds some about refused keys. */
  private static long writtenSince(ReceivingServer receiving, long id) throws Exception {
    return receiving.server.entriesFrom(id + 1).stream()
        .filter(entry -> "fuzz".equals(entry.source()))
        .count();
  }
}
