package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.service.access.Permission;
import io.tallystick.store.log.LogConfig;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The history of checkpoints: pages of it, and what a request writes to it. */
class CheckpointApiTest {
  private static final String NEWEST = "/api/audit/checkpoints/newest";

  @TempDir Path data;
  private TestServer server;
  private String reader;
  private String writer;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data, LogConfig.defaults(), TestServer.CONFIG);
    reader = server.key(Permission.ADMIN_AUDIT);
    writer = server.key(Permission.AUDIT_APPEND);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  /** Appends an entry and asks for a checkpoint of it; returns its size. */
  private long keepOne() throws Exception {
    server.append(writer, "{\"event_type\":\"a\"}");
    return Long.parseLong(
        server.get(NEWEST, reader).body().lines().skip(1).findFirst().orElseThrow());
  }

  private List<Long> sizes(JsonNode page) {
    List<Long> sizes = new ArrayList<>();
    page.get("checkpoints").forEach(checkpoint -> sizes.add(checkpoint.get("size").asLong()));
    return sizes;
  }

  private Path note(long size) {
    return data.resolve("checkpoints").resolve(size + ".note");
  }

  /** Every file of the data directory, and when it was written. */
  private Map<String, FileTime> files() throws Exception {
    Map<String, FileTime> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(data)) {
      for (Path file : all.toList()) {
        String name = data.relativize(file).toString();
        if (name.startsWith("checkpoint")) {
          files.put(name, Files.getLastModifiedTime(file));
        }
      }
    }
    return files;
  }

  @Test
  void headOfTheNewestWritesNothing() throws Exception {
    keepOne();
    server.append(writer, "{\"event_type\":\"a\"}");
    server.log.seal().get();
    server.append(writer, "{\"event_type\":\"a\"}");
    Map<String, FileTime> before = files();
    HttpResponse<String> head =
        server.send(
            server.request(NEWEST, reader).method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValue("Content-Type")).hasValue("text/plain;charset=utf-8");
    assertThat(files()).isEqualTo(before);
  }

  /** One entry and one question at a time, as anybody with a reading key can. */
  @Test
  void aReaderCannotFillTheHistory() throws Exception {
    for (int i = 0; i < 130; i++) {
      long size = keepOne();
      assertThat(size).as("it covers everything, kept or not").isEqualTo(server.log.lastId());
    }
    try (Stream<Path> kept = Files.list(data.resolve("checkpoints"))) {
      assertThat(kept.filter(file -> file.toString().endsWith(".note")).count())
          .isBetween(100L, 102L);
    }
    assertThat(Files.readAllLines(data.resolve("checkpoints/sizes"))).hasSizeBetween(100, 102);
  }

  @Test
  void waitingForTheSealKeepsNothing() throws Exception {
    Map<String, FileTime> before = files();
    for (int i = 0; i < 5; i++) {
      assertThat(
              server
                  .send(
                      server
                          .request("/api/audit/events?wait=sealed", writer)
                          .header("Content-Type", "application/json")
                          .POST(HttpRequest.BodyPublishers.ofString("{\"event_type\":\"a\"}")))
                  .statusCode())
          .isEqualTo(201);
    }
    before.keySet().removeIf(name -> !name.startsWith("checkpoints/"));
    Map<String, FileTime> after = files();
    after.keySet().removeIf(name -> !name.startsWith("checkpoints/"));
    assertThat(after).isEqualTo(before);
  }

  @Test
  void whatIsKeptIsNotWrittenAgain() throws Exception {
    long size = keepOne();
    assertThat(note(size)).exists();
    Map<String, FileTime> before = files();
    String again = server.get(NEWEST, reader).body();
    assertThat(again).isEqualTo(Files.readString(note(size)));
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void pagesFollowEachOtherByTheirCursor() throws Exception {
    List<Long> kept = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      kept.addFirst(keepOne());
    }
    List<Long> seen = new ArrayList<>();
    String next = "";
    for (int page = 0; page < 20; page++) {
      JsonNode list = server.json("/api/audit/checkpoints?limit=3" + next, reader);
      seen.addAll(sizes(list));
      assertThat(list.get("has_more").asBoolean())
          .isEqualTo(!list.get("next_before_size").isNull());
      if (!list.get("has_more").asBoolean()) {
        break;
      }
      assertThat(list.get("checkpoints")).hasSize(3);
      next = "&before_size=" + list.get("next_before_size").asText();
    }
    assertThat(seen)
        .containsSubsequence(kept)
        .doesNotHaveDuplicates()
        .isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(server.json("/api/audit/checkpoints?limit=500", reader).get("has_more").asBoolean())
        .isFalse();
    for (String wrong : List.of("limit=0", "limit=501", "before_size=-1", "offset=1")) {
      assertThat(server.get("/api/audit/checkpoints?" + wrong, reader).statusCode())
          .as(wrong)
          .isEqualTo(422);
    }
  }

  @Test
  void onlyWhatIsAnsweredIsVerified() throws Exception {
    List<Long> kept = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      kept.addFirst(keepOne());
    }
    long damaged = kept.get(2);
    Files.writeString(note(damaged), "no note");
    JsonNode page = server.json("/api/audit/checkpoints?limit=2", reader);
    assertThat(sizes(page)).isEqualTo(kept.subList(0, 2));
    assertThat(page.get("has_more").asBoolean()).isTrue();
    HttpResponse<String> next =
        server.get("/api/audit/checkpoints?limit=2&before_size=" + kept.get(1), reader);
    assertThat(next.statusCode()).isEqualTo(500);
    assertThat(sizes(server.json("/api/audit/checkpoints?before_size=" + damaged, reader)))
        .contains(kept.get(3));
  }

  @Test
  void aPeriodNarrowsTheHistoryBeforeItIsRead() throws Exception {
    long old = keepOne();
    long recent = keepOne();
    Instant then = Instant.now().minus(Duration.ofDays(2));
    Files.setLastModifiedTime(note(old), FileTime.from(then));
    assertThat(sizes(server.json("/api/audit/checkpoints?since=1d", reader)))
        .contains(recent)
        .doesNotContain(old);
    assertThat(sizes(server.json("/api/audit/checkpoints?until=1d", reader))).containsExactly(old);
    Files.writeString(note(old), "no note");
    Files.setLastModifiedTime(note(old), FileTime.from(then));
    assertThat(sizes(server.json("/api/audit/checkpoints?since=1d", reader))).contains(recent);
  }
}
