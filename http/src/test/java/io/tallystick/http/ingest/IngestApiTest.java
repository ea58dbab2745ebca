package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.PersonalField;
import io.tallystick.http.TestServer;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.access.KeySpec;
import io.tallystick.service.access.Permission;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IngestApiTest {
  @TempDir static Path folder;
  private static ReceivingServer receiving;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    receiving = ReceivingServer.start(folder, config -> config);
    server = receiving.server;
  }

  @AfterAll
  static void stop() throws Exception {
    receiving.close();
  }

  private static byte[] hmac(byte[] key, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(UTF_8));
  }

  private static Map<String, String> github(String body, String delivery) throws Exception {
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("X-GitHub-Event", "member");
    headers.put("X-GitHub-Delivery", delivery);
    headers.put(
        "X-Hub-Signature-256",
        "sha256=" + HexFormat.of().formatHex(hmac(ReceivingServer.SECRET.getBytes(UTF_8), body)));
    return headers;
  }

  @Test
  void otlpIsInTheLogWhenItIsAnsweredAndOnceWhenItIsRepeated() throws Exception {
    String body = ReceivingServer.otlp(0, 3);
    for (String path : List.of("/ingest/otel/v1/logs", "/v1/logs", "/v1/logs")) {
      HttpResponse<String> answer = receiving.json(path, receiving.key, body);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("{}");
      List<Entry> entries = receiving.entries("otel/");
      assertThat(entries)
          .filteredOn(entry -> ReceivingServer.text(entry, EntryField.ACTION).matches("[012]"))
          .hasSize(3)
          .allMatch(entry -> "hooks".equals(entry.source()));
    }
  }

  @Test
  void gzipIsExpanded() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(ReceivingServer.otlp(70, 1).getBytes(UTF_8));
    }
    Map<String, String> headers =
        Map.of(
            "Authorization",
            "Bearer " + receiving.key,
            "Content-Type",
            "application/json",
            "Content-Encoding",
            "gzip");
    assertThat(receiving.post("/v1/logs", headers, bytes.toByteArray()).statusCode())
        .isEqualTo(200);
    assertThat(receiving.post("/v1/logs", headers, new byte[] {1, 2, 3}).body())
        .startsWith("{\"code\":3,\"message\":\"The body is not gzip");
  }

  @Test
  void anEventThatIsSentTwiceAtOnceIsInTheLogOnce() throws Exception {
    String body = ReceivingServer.otlp(500, 50);
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 8)
            .mapToObj(i ->
                CompletableFuture.supplyAsync(() -> {
                  try {
                    return receiving.json("/v1/logs", receiving.key, body).statusCode();
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                }))
            .toList();
    assertThat(answers.stream().map(CompletableFuture::join)).containsOnly(200);
    assertThat(receiving.entries("otel/"))
        .filteredOn(entry -> ReceivingServer.text(entry, EntryField.ACTION).matches("5[0-4][0-9]"))
        .hasSize(50);
  }

  @Test
  void splunksSendersGetAcknowledgementsAndItsCodes() throws Exception {
    HttpResponse<String> sent = receiving.hec("/event", "{\"time\":1,\"event\":\"hec-1\"}");
    JsonNode answer = TestServer.JSON.readTree(sent.body());
    assertThat(answer.get("code").asInt()).isZero();
    String ask = "{\"acks\":[" + answer.get("ackId") + "]}";
    assertThat(receiving.hec("/ack", ask).body()).contains(":true}");
    assertThat(receiving.hec("/ack", ask).body()).contains(":false}");
    assertThat(receiving.entries("splunk/")).anyMatch(e -> "hec-1".equals(e.event().action()));

    HttpResponse<String> partly =
        receiving.hec("", "{\"time\":1,\"event\":\"hec-2\"}{\"time\":1}{\"time\":1,\"event\":3}");
    assertThat(partly.body()).contains("\"code\":12").contains("\"invalid-event-number\":1");
    assertThat(receiving.entries("splunk/")).anyMatch(e -> "hec-2".equals(e.event().action()));

    assertThat(server.send(HttpRequest.newBuilder(server.uri("/services/collector/health"))).body())
        .contains("HEC is healthy");
  }

  @ParameterizedTest
  @CsvSource({
    "'', 401, 2",
    "Basic eDp5, 401, 3",
    "Splunk tally_no, 403, 4",
  })
  void splunksSendersLearnWhatIsWrongWithTheirToken(String authorization, int status, int code)
      throws Exception {
    Map<String, String> headers =
        authorization.isEmpty() ? Map.of() : Map.of("Authorization", authorization);
    HttpResponse<String> answer =
        receiving.post("/services/collector/event", headers, "{\"event\":1}".getBytes(UTF_8));
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).contains("\"code\":" + code);
  }

  @Test
  void cloudEventsKubernetesAndVaultAreReceived() throws Exception {
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/shop\",\"type\":\"com.example.paid\"}";
    Map<String, String> headers = new HashMap<>();
    headers.put("Authorization", "Bearer " + receiving.key);
    headers.put("Content-Type", "application/cloudevents+json");
    for (int i = 0; i < 2; i++) {
      assertThat(receiving.post("/ingest/events", headers, event.getBytes(UTF_8)).statusCode())
          .isEqualTo(204);
    }
    assertThat(receiving.entries("events//shop e1")).hasSize(1);

    String list =
        "{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":[{\"auditID\":\"a-1\","
            + "\"stage\":\"ResponseComplete\",\"verb\":\"get\",\"objectRef\":{\"resource\":\"pods\"}},7]}";
    for (int i = 0; i < 2; i++) {
      assertThat(receiving.json("/ingest/k8s", receiving.key, list).statusCode()).isEqualTo(204);
    }
    assertThat(receiving.entries("k8s/a-1/ResponseComplete")).hasSize(1);

    String audit = "{\"type\":\"request\",\"request\":{\"operation\":\"read\"},\"time\":\"x\"}";
    assertThat(receiving.json("/ingest/bao", receiving.key, audit).statusCode()).isEqualTo(204);
    assertThat(receiving.entries("bao/"))
        .singleElement()
        .extracting(entry -> entry.event().eventType())
        .isEqualTo("vault.request.read");
  }

  @Test
  void anyoneMayAskWhetherCloudEventsAreWelcome() throws Exception {
    HttpResponse<String> answer =
        server.send(
            HttpRequest.newBuilder(server.uri("/ingest/events"))
                .header("WebHook-Request-Origin", "eventemitter.example.com")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("WebHook-Allowed-Origin"))
        .hasValue("eventemitter.example.com");
  }

  /** Whoever guesses an id, or knows one, would otherwise keep the event out that it belongs to. */
  @Test
  void anotherEventUnderTheSameIdIsStoredTooAndOnce() throws Exception {
    Map<String, String> headers =
        Map.of(
            "Authorization",
            "Bearer " + receiving.key,
            "Content-Type",
            "application/cloudevents+json");
    for (String type : List.of("forged", "real", "real", "forged")) {
      byte[] body =
          "{\"specversion\":\"1.0\",\"id\":\"guessed\",\"source\":\"/s\",\"type\":\"t.%s\"}"
              .formatted(type)
              .getBytes(UTF_8);
      assertThat(receiving.post("/ingest/events", headers, body).statusCode()).isEqualTo(204);
    }
    assertThat(receiving.entries("events//s guessed"))
        .extracting(entry -> entry.event().eventType())
        .containsExactly("t.forged", "t.real");
  }

  @Test
  void signedWebhooksNeedNoKeyAndAreAppendedInTheNameOfTheirs() throws Exception {
    String body = "{\"action\":\"added\",\"sender\":{\"login\":\"octo\"}}";
    for (int i = 0; i < 2; i++) {
      assertThat(
              receiving.post("/ingest/gh", github(body, "d-1"), body.getBytes(UTF_8)).statusCode())
          .isEqualTo(204);
    }
    assertThat(receiving.entries("gh/d-1"))
        .singleElement()
        .satisfies(entry -> {
          assertThat(entry.source()).isEqualTo("hooks");
          assertThat(entry.event().eventType()).isEqualTo("github.member.added");
        });

    Map<String, String> gitlab =
        Map.of("X-Gitlab-Token", ReceivingServer.SECRET, "X-Gitlab-Event-UUID", "g-1");
    assertThat(receiving.post("/ingest/gl", gitlab, "{}".getBytes(UTF_8)).statusCode())
        .isEqualTo(204);
    assertThat(receiving.entries("gl/g-1/")).hasSize(1);

    String time = Long.toString(Instant.now().getEpochSecond());
    byte[] key = Base64.getDecoder().decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    Map<String, String> standard =
        Map.of(
            "webhook-id",
            "m-1",
            "webhook-timestamp",
            time,
            "webhook-signature",
            "v1,"
                + Base64.getEncoder()
                    .encodeToString(hmac(key, "m-1." + time + ".{\"type\":\"a.b\"}")));
    assertThat(
            receiving
                .post("/ingest/std", standard, "{\"type\":\"a.b\"}".getBytes(UTF_8))
                .statusCode())
        .isEqualTo(204);
    assertThat(receiving.entries("std/m-1")).hasSize(1);

    String old = Long.toString(Instant.now().getEpochSecond() - 3_600);
    Map<String, String> late =
        Map.of(
            "webhook-id",
            "m-2",
            "webhook-timestamp",
            old,
            "webhook-signature",
            "v1," + Base64.getEncoder().encodeToString(hmac(key, "m-2." + old + ".{}")));
    HttpResponse<String> refused = receiving.post("/ingest/std", late, "{}".getBytes(UTF_8));
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body())
        .contains("The signature is right", "seconds before this server's", "at most 300");
    assertThat(receiving.entries("std/m-2")).isEmpty();
  }

  /** Nothing of it is in the log but that somebody tried. */
  @Test
  void aForgedWebhookIsRefusedAndRecorded() throws Exception {
    String body = "{\"forged\":true}";
    Map<String, String> headers = github(body, "d-2");
    int before = refusals();
    assertThat(
            receiving
                .post("/ingest/gh", headers, body.replace("true", "1234").getBytes(UTF_8))
                .statusCode())
        .isEqualTo(401);
    headers.remove("X-Hub-Signature-256");
    headers.put("Authorization", "Bearer " + receiving.key);
    assertThat(receiving.post("/ingest/gh", headers, body.getBytes(UTF_8)).statusCode())
        .as("a key is no signature")
        .isEqualTo(401);
    assertThat(receiving.entries("gh/d-2")).isEmpty();
    server.log.seal().get();
    assertThat(refusals()).isEqualTo(before + 2);
  }

  private static int refusals() throws Exception {
    return (int)
        server.entriesFrom(1).stream()
            .filter(entry -> "signature refused".equals(entry.event().action()))
            .count();
  }

  @Test
  void aReceiverWhoseKeyIsMissingAppendsNothing() throws Exception {
    String body = "{}";
    HttpResponse<String> answer =
        receiving.post("/ingest/orphan", github(body, "d-3"), body.getBytes(UTF_8));
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("missing, revoked or expired");
    assertThat(receiving.entries("orphan/")).isEmpty();
  }

  @Test
  void theStampAndThePersonalFieldsOfTheKeyApply() throws Exception {
    String key =
        server.key(
            new KeySpec(
                "stamped",
                Set.of(Permission.AUDIT_APPEND),
                false,
                Scope.ALL,
                Map.of(EntryField.TENANT, "acme"),
                List.of(PersonalField.of("actor_username")),
                null));
    String body =
        "{\"time\":1,\"event\":{\"event_type\":\"stamped.event\",\"actor_username\":\"ann\"}}";
    Map<String, String> headers = Map.of("Authorization", "Splunk " + key);
    String path = "/ingest/lines/services/collector/event";
    assertThat(receiving.post(path, headers, body.getBytes(UTF_8)).statusCode()).isEqualTo(200);
    Entry entry =
        server.entriesFrom(1).stream()
            .filter(each -> each.event().eventType().equals("stamped.event"))
            .findFirst()
            .orElseThrow();
    assertThat(entry.source()).isEqualTo("stamped");
    assertThat(entry.text(EntryField.TENANT)).isEqualTo("acme");
    assertThat(entry.personal().toString()).contains("actor_username");
    assertThat(
            receiving
                .post(path, headers, "{\"event\":1,\"protocol\":{}}".getBytes(UTF_8))
                .statusCode())
        .isEqualTo(200);
    assertThat(server.entriesFrom(entry.id() + 1).getLast().personal().toString())
        .as("what is kept raw may have personal values anywhere")
        .contains("details");
  }

  @Test
  void whatIsTooLargeIsRefusedInTheWordsOfTheProtocol() throws Exception {
    String body = "x".repeat((8 << 20) + 1);
    assertThat(receiving.json("/v1/logs", receiving.key, body))
        .satisfies(answer -> {
          assertThat(answer.statusCode()).isEqualTo(413);
          assertThat(answer.body()).startsWith("{\"code\":8,");
        });
    assertThat(receiving.hec("/event", body).body()).contains("\"code\":27");
    assertThat(receiving.json("/ingest/k8s", receiving.key, body).body())
        .contains("\"status\":413");
    String tiny = "[" + "0,".repeat(300_000) + "0]";
    assertThat(receiving.json("/v1/logs", receiving.key, tiny).body()).startsWith("{\"code\":8,");
    assertThat(receiving.hec("/event", tiny).body()).contains("\"code\":27", "200,000 values");
    assertThat(receiving.json("/ingest/k8s", receiving.key, tiny).statusCode()).isEqualTo(413);
  }

  @Test
  void aKeyWithoutThePermissionAppendsNothing() throws Exception {
    String reader = server.key(Permission.ADMIN_AUDIT);
    HttpResponse<String> otlp = receiving.json("/v1/logs", reader, ReceivingServer.otlp(900, 1));
    assertThat(otlp.statusCode()).isEqualTo(403);
    assertThat(otlp.body()).startsWith("{\"code\":7,");
    assertThat(receiving.json("/ingest/k8s", reader, "{}").statusCode()).isEqualTo(403);
    assertThat(receiving.json("/v1/logs", "tally_no", "{}").body()).startsWith("{\"code\":16,");
    assertThat(receiving.entries("otel/")).noneMatch(entry -> "900".equals(entry.event().action()));
  }

  @Test
  void theMetricsSayWhatBecameOfDocuments() throws Exception {
    assertThat(receiving.json("/ingest/k8s", receiving.key, "[\"metrics\"]").statusCode())
        .isEqualTo(204);
    assertThat(server.get("/metrics", server.key(Permission.ADMIN_AUDIT)).body())
        .containsPattern(
            "tallystick_received_documents_total\\{receiver=\"k8s\",outcome=\"raw\"} [1-9]");
  }

  @Test
  void otherNamesOtherPathsAndOtherMethodsHaveNothing() throws Exception {
    assertThat(receiving.json("/ingest/none", receiving.key, "{}").statusCode()).isEqualTo(404);
    assertThat(receiving.json("/ingest/k8s/v1/logs", receiving.key, "{}").statusCode())
        .isEqualTo(404);
    assertThat(receiving.json("/ingest/otel", receiving.key, "{}").statusCode()).isEqualTo(404);
    assertThat(server.get("/ingest/k8s", receiving.key).statusCode()).isEqualTo(405);
  }

  /** Most senders would send it again for ever. */
  @Test
  void underStrictTypesWhatTheLogDoesNotKnowIsStoredRaw(@TempDir Path other) throws Exception {
    try (ReceivingServer strict = ReceivingServer.start(other, c -> c.strictTypes(true))) {
      assertThat(strict.json("/v1/logs", strict.key, ReceivingServer.otlp(0, 1)).statusCode())
          .isEqualTo(200);
      assertThat(strict.entries("otel/"))
          .singleElement()
          .satisfies(entry -> {
            assertThat(entry.event().eventType()).isEqualTo("ingest.unmapped");
            assertThat(String.valueOf(entry.event().details()))
                .contains("\\\"otel.test\\\" is not a type that this server knows");
          });
    }
  }
}
