package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.archive.ArchiveReader;
import io.tallystick.store.log.LogConfig;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Values of entries that retention put into archives are looked for and erased there. */
@Timeout(120)
class ErasureArchiveTest {
  private static final String NAME = "zwetschge";

  @TempDir Path data;
  private TestServer server;
  private String key;
  private Path archive;

  @BeforeEach
  void archiveADay() throws Exception {
    Event event =
        Event.builder("auth.logout")
            .actorUsername(NAME)
            .personal(PersonalField.of(List.of("actor_username")))
            .build();
    Clock clock = Clock.fixed(Instant.parse("2025-03-01T10:10:00Z"), ZoneOffset.UTC);
    try (AuditLog log = AuditLog.open(data, LogConfig.builder().clock(clock).build())) {
      log.append(Collections.nCopies(50, event), "app").get();
    }
    server = TestServer.start(data);
    key = server.key("office", Permission.values());
    server.log.append(List.of(event, Event.of("door.opened")), "app").get();
    JsonNode run = post("/api/audit/retention", "{\"days\":30}");
    archive = data.resolve("archive").resolve(run.at("/removed/0/archive").asText());
    assertThat(namesInArchive()).isEqualTo(50);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private JsonNode post(String path, String json) throws Exception {
    HttpResponse<String> answer = server.post(path, key, "application/json", json.getBytes(UTF_8));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestServer.JSON.readTree(answer.body());
  }

  private int namesInArchive() throws Exception {
    int[] found = {0};
    try (ArchiveReader reader = ArchiveReader.open(archive)) {
      reader.forEach(entry -> {
        found[0] += NAME.equals(entry.readable().event().actorUsername()) ? 1 : 0;
        return true;
      });
    }
    return found[0];
  }

  @Test
  void whatIsInAnArchiveIsErasedToo() throws Exception {
    JsonNode report =
        post("/api/audit/erasures", "{\"actor_username\":\"zwetschge\",\"reason\":\"r\"}");
    assertThat(report.path("entries").asInt()).isEqualTo(51);
    assertThat(report.path("missing_archives")).isEmpty();
    assertThat(namesInArchive()).isZero();
    JsonNode list = server.json("/api/audit?actor_username=zwetschge", key);
    assertThat(list.path("total").asInt()).isZero();
    assertThat(server.json("/api/audit?event_type=door.opened", key).path("total").asInt())
        .isEqualTo(1);
    assertThat(server.json("/api/audit/verify", key).path("valid").asBoolean()).isTrue();
  }

  @Test
  void anArchiveThatIsElsewhereIsNamed() throws Exception {
    Path elsewhere = data.resolveSibling("elsewhere.zip");
    Files.move(archive, elsewhere);
    JsonNode report =
        post("/api/audit/erasures", "{\"actor_username\":\"zwetschge\",\"reason\":\"r\"}");
    assertThat(report.path("entries").asInt()).isEqualTo(1);
    assertThat(report.at("/missing_archives/0").asText())
        .isEqualTo(archive.getFileName().toString());
    Files.delete(elsewhere);
  }
}
