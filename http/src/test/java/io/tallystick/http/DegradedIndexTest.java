package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Somebody deletes the index under a running server: it answers, says so, and recovers. */
@Timeout(120)
class DegradedIndexTest {
  private static final String HEADER = "Tallystick-Index";

  @TempDir Path data;
  private TestServer server;
  private String key;
  private IndexDirectory index;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    key = server.key(Permission.ADMIN_AUDIT);
    index = new IndexDirectory(server);
    append(20);
    server.index.awaitIndexed(server.log.lastId());
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private void append(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      server.log.append(Event.builder("auth.logout").actorUsername("ann").build()).get();
    }
  }

  private JsonNode ready() throws Exception {
    HttpResponse<String> response = server.get("/readyz", "");
    assertThat(response.statusCode()).isEqualTo(200);
    return TestServer.JSON.readTree(response.body());
  }

  private void awaitStatus(String status) throws Exception {
    for (int i = 0; !ready().get("status").asText().equals(status); i++) {
      assertThat(i).as("%s", ready()).isLessThan(600);
      Thread.sleep(50);
    }
  }

  @Test
  void everyQuestionIsAnsweredAndTheHeaderSaysHowFarTheIndexIs() throws Exception {
    long indexed = server.log.lastId();
    index.block();
    awaitStatus("degraded");
    append(30);
    long last = server.log.lastId();
    for (int i = 0; !ready().get("reason").asText().contains("can't be written"); i++) {
      assertThat(i).as("%s", ready()).isLessThan(600);
      Thread.sleep(50);
    }
    HttpResponse<String> list = server.get("/api/audit?actor_username=ann&limit=3", key);
    assertThat(list.statusCode()).as(list.body()).isEqualTo(200);
    assertThat(list.headers().firstValue(HEADER))
        .hasValue("behind; indexed-through=" + indexed + "; answered-through=" + last);
    JsonNode page = TestServer.JSON.readTree(list.body());
    assertThat(page.get("total").asLong()).isEqualTo(50);
    assertThat(page.get("entries").get(0).get("id").asLong()).isEqualTo(last);
    for (String path : List.of("stats", "types", "overview", "security", "user/7")) {
      HttpResponse<String> answer = server.get("/api/audit/" + path, key);
      assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(200);
      assertThat(answer.headers().firstValue(HEADER)).as(path).isPresent();
    }
    assertThat(server.json("/api/audit/stats", key).get("total_entries").asLong()).isEqualTo(last);
    HttpResponse<String> export = server.get("/api/audit/export?actor_username=ann", key);
    assertThat(export.statusCode()).isEqualTo(200);
    assertThat(export.body().lines()).hasSize(50);
    assertThat(ready().get("indexed_through").asLong()).isEqualTo(indexed);

    index.unblock();
    awaitStatus("ready");
    HttpResponse<String> after = server.get("/api/audit?actor_username=ann", key);
    assertThat(TestServer.JSON.readTree(after.body()).get("total").asLong()).isEqualTo(50);
    assertThat(after.headers().firstValue(HEADER)).isEmpty();
    assertThat(data.resolve("index/1")).isDirectory();
  }

  @Test
  void aDeletedIndexIsBuiltAgainWithoutAnybodysHelp() throws Exception {
    index.delete();
    for (int i = 0; !Files.isDirectory(data.resolve("index/1")); i++) {
      assertThat(i).isLessThan(600);
      Thread.sleep(50);
    }
    awaitStatus("ready");
    append(5);
    assertThat(server.json("/api/audit?actor_username=ann", key).get("total").asLong())
        .isEqualTo(25);
  }
}
