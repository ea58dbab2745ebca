package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.forward.Forwarding;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.access.Permission;
import io.tallystick.store.Futures;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking after forwarding over HTTP, with a sink that writes a file. */
class ForwardingApiTest {
  private static final String PATH = "/api/audit/forwarding";

  @TempDir Path directory;

  private TestServer base;
  private Forwarding forwarding;
  private AuditServer server;
  private String key;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void start() throws Exception {
    base = TestServer.start(directory.resolve("data"));
    List<Event> events = new ArrayList<>(Collections.nCopies(300, Event.of("order.placed")));
    Futures.from(base.log.append(events, "shop"));
    Path yaml = directory.resolve("forward.yaml");
    Files.writeString(yaml, "sinks:\n  - {name: copy, type: file, path: copy.ndjson}\n");
    forwarding = base.forward(yaml);
    server = base.serve(forwarding);
    key = base.key("ops", Permission.ADMIN_FORWARDING, Permission.ADMIN_AUDIT);
    awaitForwarded();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    forwarding.close();
    client.close();
    base.close();
  }

  private void awaitForwarded() throws Exception {
    for (int i = 0; forwarding.status("copy").lagEntries() > 0; i++) {
      assertThat(i).isLessThan(3_000);
      Thread.sleep(20);
    }
  }

  private HttpResponse<String> send(HttpRequest.Builder request, String with) throws Exception {
    return client.send(
        request.header("X-API-Key", with).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  private JsonNode get(String path) throws Exception {
    HttpResponse<String> answer = send(request(path), key);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestServer.JSON.readTree(answer.body());
  }

  private HttpResponse<String> post(String path) throws Exception {
    return send(request(path).POST(HttpRequest.BodyPublishers.noBody()), key);
  }

  private JsonNode posted(String path) throws Exception {
    HttpResponse<String> answer = post(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestServer.JSON.readTree(answer.body());
  }

  @Test
  void statusIsListedPausedAndResumed() throws Exception {
    JsonNode sink = get(PATH).get("sinks").get(0);
    assertThat(sink.get("name").asText()).isEqualTo("copy");
    assertThat(sink.get("condition").asText()).isEqualTo("running");
    assertThat(sink.get("level").asText()).isEqualTo("confirmed");
    assertThat(sink.get("reconciliation").isNull()).isTrue();
    assertThat(posted(PATH + "/copy/pause").get("condition").asText()).isEqualTo("paused");
    assertThat(get(PATH + "/copy").get("reason").asText()).isEqualTo("paused by ops");
    JsonNode ready = get("/readyz");
    assertThat(ready.get("status").asText()).isEqualTo("ready");
    assertThat(ready.get("warning").asText()).isEqualTo("forwarding needs attention: 1 of 1 sinks");
    assertThat(post(PATH + "/copy/drain").statusCode()).isEqualTo(409);
    assertThat(posted(PATH + "/copy/resume").get("condition").asText()).isEqualTo("running");
    assertThat(posted(PATH + "/copy/drain").get("left").asInt()).isZero();
    assertThat(get(PATH + "/copy/dead-letters").get("dead_letters")).isEmpty();
    assertThat(new TreeSet<>(base.typesFrom(1)))
        .contains("audit.forward.paused", "audit.forward.resumed", "audit.forward.drained");
  }

  @Test
  void reconcilesByQueryAndFromExportsAndSendsAgain() throws Exception {
    assertThat(posted(PATH + "/copy/reconciliation").get("complete").asBoolean()).isTrue();
    awaitForwarded();
    Path file = directory.resolve("copy.ndjson");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.removeIf(line -> line.contains("\"id\":100,"));
    Files.write(file, lines);
    String map = "?map=id%3Did,seq%3Dseq,hash%3Dhash,body%3D.";
    HttpResponse<String> export =
        send(
            request(PATH + "/copy/reconciliation" + map)
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofFile(file)),
            key);
    JsonNode report = TestServer.JSON.readTree(export.body());
    assertThat(report.get("by").asText()).isEqualTo("export");
    assertThat(report.get("missing").asInt()).isEqualTo(1);
    assertThat(report.get("missing_records").get(0).get("id").asInt()).isEqualTo(100);
    assertThat(report.get("uncompared").asInt()).isZero();
    assertThat(posted(PATH + "/copy/reconciliation?resend=true").get("resent").asInt())
        .isEqualTo(1);
    assertThat(posted(PATH + "/copy/reconciliation").get("complete").asBoolean()).isTrue();
    String metrics = send(request("/metrics"), key).body();
    assertThat(metrics)
        .contains("tallystick_forward_lag_entries{sink=\"copy\"}")
        .contains("tallystick_forward_reconciliation_problems{sink=\"copy\",kind=\"missing\"} 0");
  }

  private HttpResponse<String> export(String query, String body) throws Exception {
    return send(
        request(PATH + "/copy/reconciliation" + query)
            .header("Content-Type", "application/x-ndjson")
            .POST(HttpRequest.BodyPublishers.ofString(body)),
        key);
  }

  @Test
  void anExportIsComparedAsFarAsItReachesOrIsAskedFor() throws Exception {
    List<String> lines = Files.readAllLines(directory.resolve("copy.ndjson"));
    String part = String.join("\n", lines.subList(0, 50));
    JsonNode report = TestServer.JSON.readTree(export("", part).body());
    assertThat(report.get("complete").asBoolean()).as(report.toString()).isTrue();
    assertThat(report.get("through_seq").asInt()).isEqualTo(50);
    assertThat(report.get("forwarded_seq").asInt()).isGreaterThanOrEqualTo(300);
    report = TestServer.JSON.readTree(export("?through_seq=60", part).body());
    assertThat(report.get("missing").asInt()).isEqualTo(10);
    assertThat(export("?through_seq=99999", part).statusCode()).isEqualTo(422);
    assertThat(post(PATH + "/copy/reconciliation?through_seq=5").statusCode()).isEqualTo(422);
    HttpResponse<String> wrong = export("?resend=true&map=id%3D_source.id", part);
    assertThat(wrong.statusCode()).isEqualTo(422);
    assertThat(wrong.body())
        .contains("only 0 of 50 records have what tells their entry at id=_source.id");
  }

  @Test
  void aDamagedPositionIsAConflict() throws Exception {
    Files.writeString(directory.resolve("data/forward/copy/position.json"), "{");
    HttpResponse<String> answer = post(PATH + "/copy/reconciliation");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(409);
    assertThat(answer.body()).contains("position.json is damaged");
  }

  @Test
  void whatIsWrongWithARequestIsSaid() throws Exception {
    assertThat(send(request(PATH + "/nope"), key).statusCode()).isEqualTo(404);
    HttpRequest.Builder xml =
        request(PATH + "/copy/reconciliation")
            .header("Content-Type", "text/xml")
            .POST(HttpRequest.BodyPublishers.ofString("<x/>"));
    assertThat(send(xml, key).statusCode()).isEqualTo(415);
    HttpRequest.Builder csv =
        request(PATH + "/copy/reconciliation?map=id%3DEntry")
            .header("Content-Type", "text/csv")
            .POST(HttpRequest.BodyPublishers.ofByteArray("id,seq\n1,1\n".getBytes(UTF_8)));
    HttpResponse<String> answer = send(csv, key);
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body()).contains("the CSV has no column Entry");
    assertThat(post(PATH + "/copy/reconciliation?map=oops").statusCode()).isEqualTo(200);
  }

  @Test
  void aKeyThatSeesAPartOfTheLogMayNot() throws Exception {
    String limited =
        base.overreaching(
            new Scope(Map.of(EntryField.TENANT, new TreeSet<>(List.of("acme")))),
            Permission.values());
    assertThat(send(request(PATH), limited).statusCode()).isEqualTo(403);
    assertThat(
            send(
                    request(PATH + "/copy/reconciliation")
                        .POST(HttpRequest.BodyPublishers.noBody()),
                    limited)
                .statusCode())
        .isEqualTo(403);
  }
}
