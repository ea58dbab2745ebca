package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.EntryBatch;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Exports over HTTP, and what the log records of them. */
class ExportApiTest extends ReadingFixture {
  @Test
  void exportsHoldEveryMatchOldestFirst() throws Exception {
    HttpResponse<byte[]> lines =
        server.sendForBytes(server.request("/api/audit/export?source=writer", key));
    StringBuilder exact = new StringBuilder();
    for (long id = first; id < first + 6; id++) {
      exact.append(new String(server.entry(id).bytes(), StandardCharsets.UTF_8)).append('\n');
    }
    assertThat(new String(lines.body(), StandardCharsets.UTF_8)).isEqualTo(exact.toString());
    assertThat(lines.headers().firstValue("Content-Type")).hasValue("application/x-ndjson");

    JsonNode array = server.json("/api/audit/export?format=json&order=desc&security=true", key);
    assertThat(array).hasSize(2);
    assertThat(array.get(0).get("id").asLong()).isEqualTo(first + 5);

    HttpResponse<String> csv = server.get("/api/audit/export?format=csv&source=writer", key);
    List<String> rows = List.of(csv.body().split("\r\n", -1));
    assertThat(rows).hasSize(8);
    assertThat(rows.get(0))
        .startsWith("id,timestamp,event_type,outcome,severity,tenant,actor_type,actor_id");
    assertThat(rows.get(1)).contains(",'=root,203.0.113.9,");
    assertThat(rows.get(5)).contains(",\"{\"\"n\"\":1.50,\"\"b\"\":[\"\"ü\"\",null]}\",");
    assertThat(server.json("/api/audit/export?format=json&until=2001-01-01", key)).isEmpty();
  }

  @Test
  void anExportIsAnEntryThatTellsWhoTookWhat() throws Exception {
    String auditor = server.key("auditor", Permission.ADMIN_AUDIT);
    for (String format : List.of("ndjson", "csv", "json", "bundle")) {
      String question =
          "event_type=door.opened&event_type=user.*&since=2020-01-01&format=" + format;
      assertThat(server.get("/api/audit/export?" + question, auditor).statusCode()).isEqualTo(200);
      Event told = server.entry(server.log.lastId()).decode().event();
      assertThat(told.eventType()).isEqualTo("audit.exported");
      assertThat(told.actorUsername()).isEqualTo("auditor");
      assertThat(String.valueOf(told.actorIp())).isEqualTo("127.0.0.1");
      assertThat(told.targetId()).isEqualTo(auditor.split("_", -1)[1]);
      assertThat(String.valueOf(told.details()))
          .isEqualTo(
              "{\"format\":\"%s\",\"filters\":{\"event_type\":[\"door.opened\",\"user.*\"],"
                      .formatted(format)
                  + "\"since\":[\"2020-01-01\"]},\"count\":3,\"complete\":true}");
    }
    long last = server.log.lastId();
    assertThat(server.get("/api/audit/export?target_id=%00", auditor).statusCode()).isEqualTo(422);
    assertThat(server.get("/api/audit/export?format=xml", auditor).statusCode()).isEqualTo(422);
    assertThat(
            server
                .send(
                    server
                        .request("/api/audit/export", auditor)
                        .method("HEAD", HttpRequest.BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(200);
    assertThat(server.log.lastId()).as("nothing left").isEqualTo(last);
  }

  @Test
  void anExportIsNotBoundedByThePage() throws Exception {
    List<Event> many = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      many.add(Event.builder("job.submitted").targetId("=" + i).build());
    }
    server.log.append(many, "writer").get();
    for (String format : List.of("ndjson", "csv", "json")) {
      HttpResponse<String> response =
          server.get("/api/audit/export?event_type=job.*&format=" + format, key);
      assertThat(response.body().lines().filter(line -> line.contains("job.submitted")))
          .as(format)
          .hasSize(3_000);
    }
  }

  @Test
  void anExportThatFailsIsCutOffAndNotTakenForWhole() throws Exception {
    String padding = "x".repeat(1_000);
    for (int batch = 0; batch < 20; batch++) {
      List<Event> events = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        events.add(
            Event.builder("job.submitted")
                .targetId("batch-" + batch + ".")
                .details(Details.parse("{\"p\":\"" + padding + "\"}"))
                .build());
      }
      server.log.append(events, "writer").get();
    }
    String path = "/api/audit/export?event_type=job.submitted";
    // Otherwise the index may be the one that finds the damage.
    server.index.awaitIndexed(server.log.lastId());
    change("batch-15.", "batch-51.");
    assertThatThrownBy(() -> server.get(path, key)).isInstanceOf(IOException.class);
    Event told = server.entry(server.log.lastId()).decode().event();
    assertThat(told.eventType()).isEqualTo("audit.exported");
    long whole = 1_500 / EntryBatch.MAX * EntryBatch.MAX;
    assertThat(String.valueOf(told.details()))
        .contains("\"count\":" + whole + ",\"complete\":false");
    long firstJob = first + EVENTS.size();
    HttpResponse<String> damaged = server.get(path + "&after_id=" + (firstJob + 1_500), key);
    assertThat(damaged.statusCode()).isEqualTo(500);
    assertThat(damaged.body()).contains("tally verify").doesNotContain("Exception");
  }
}
