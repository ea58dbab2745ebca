package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.index.text.DetailValues;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.index.text.TextMatch;
import io.tallystick.index.text.Words;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What filters find in the details of an event. */
class DetailsTest {
  @TempDir Path data;
  private AuditLog log;

  @BeforeEach
  void open() throws Exception {
    log = AuditLog.open(data, LogConfig.defaults());
  }

  @AfterEach
  void close() throws Exception {
    log.close();
  }

  private void append(String... details) throws Exception {
    for (String json : details) {
      log.append(
              List.of(Event.builder("a.b").action("open").details(Details.parse(json)).build()),
              "w")
          .get();
    }
  }

  private static AuditQuery detail(String path, String value) {
    return AuditQuery.builder().detail(path, TextMatch.parse(value)).ascending(true).build();
  }

  private static AuditQuery words(String words) {
    return AuditQuery.builder().words(words).ascending(true).build();
  }

  /** Places among the entries that were appended, from 0. */
  private List<Long> found(AuditIndex index, AuditQuery query) throws Exception {
    return index.search(query).ids().stream().map(id -> id - 2).toList();
  }

  @Test
  void valuesAreFoundByTheirPath() throws Exception {
    append(
        "{\"status\":200,\"ok\":true,\"none\":null,\"price\":1.50}",
        "{\"status\":\"200\",\"ok\":\"true\",\"none\":\"null\",\"price\":1.5}",
        "{\"request\":{\"path\":\"/Etc/passwd\",\"tags\":[\"a\",\"B\",{\"x\":[[7]]}]}}",
        "{\"request.path\":\"/etc/shadow\",\"k8s.io/x\":{\"a b\":\"c\"},\"\":{\"e\":1}}");
    try (AuditIndex index = AuditIndex.open(log.reader(), data.resolve("index"))) {
      assertThat(found(index, detail("status", "200"))).containsExactly(0L, 1L);
      assertThat(found(index, detail("status", "20"))).isEmpty();
      assertThat(found(index, detail("status", "20*"))).containsExactly(0L, 1L);
      assertThat(found(index, detail("ok", "true"))).containsExactly(0L, 1L);
      assertThat(found(index, detail("none", "null"))).containsExactly(0L, 1L);
      assertThat(found(index, detail("price", "1.50"))).containsExactly(0L);
      assertThat(found(index, detail("price", "*"))).containsExactly(0L, 1L);
      assertThat(found(index, detail("request.path", "/etc/*"))).containsExactly(2L, 3L);
      assertThat(found(index, detail("request.tags", "b"))).containsExactly(2L);
      assertThat(found(index, detail("request.tags.x", "7"))).containsExactly(2L);
      assertThat(found(index, detail("request", "*"))).isEmpty();
      assertThat(found(index, detail("Status", "200"))).isEmpty();
      assertThat(found(index, detail("k8s.io/x.a b", "c"))).containsExactly(3L);
      assertThat(found(index, detail("k8s.io/x.a b\0c", "*"))).isEmpty();
      AuditQuery both =
          AuditQuery.builder()
              .detail("status", TextMatch.exactly("200"))
              .detail("price", TextMatch.exactly("1.5"))
              .build();
      assertThat(found(index, both)).containsExactly(1L);
    }
  }

  @Test
  void anEntryCannotFillTheIndexOrStopIt() throws Exception {
    String longValue = "v".repeat(40_000);
    String manyValues =
        IntStream.range(0, 8_000).mapToObj(Integer::toString).collect(Collectors.joining(","));
    append(
        "{\"first\":\"%s\",\"last\":1}".formatted(longValue),
        "{\"first\":\"%sw\",\"last\":2}".formatted(longValue),
        "{\"n\":[%s],\"last\":3}".formatted(manyValues),
        "{\"%s\":{\"n\":[1,2,3],\"m\":1},\"last\":4}".formatted("k".repeat(40_000)),
        "{\"%s\":[%s],\"last\":5}".formatted("k".repeat(250), manyValues),
        "{\"first\":\"%s\",\"last\":6}".formatted("\uFDFA".repeat(15_000)));
    try (AuditIndex index = AuditIndex.open(log.reader(), data.resolve("index"))) {
      assertThat(found(index, detail("first", longValue))).containsExactly(0L);
      assertThat(found(index, detail("first", longValue + "w"))).containsExactly(1L);
      assertThat(found(index, detail("first", "v".repeat(200) + "*"))).containsExactly(0L, 1L);
      assertThat(found(index, detail("first", "v".repeat(256)))).isEmpty();
      assertThat(found(index, detail("first", "\uFDFA".repeat(15_000)))).containsExactly(5L);
      assertThat(found(index, detail("last", "*"))).containsExactly(0L, 1L, 3L, 4L, 5L);
      assertThat(found(index, detail("n", "999"))).containsExactly(2L);
      assertThat(found(index, detail("n", "1000"))).isEmpty();
      assertThat(index.details()).isEqualTo(IndexedDetails.TEXT);
    }
    log.reader()
        .forEach(
            2,
            7,
            entry -> {
              String details = String.valueOf(entry.decode().event().details());
              DetailValues values = new DetailValues();
              Words words = new Words();
              DetailValues.forEach(
                  details,
                  (path, value) -> {
                    values.add(path, value);
                    words.add(value);
                  });
              assertThat(values.terms())
                  .hasSizeLessThanOrEqualTo(DetailValues.MAX_TERMS)
                  .allSatisfy(term -> assertThat(term.length()).isLessThan(1_000));
              assertThat(words.all()).hasSizeLessThanOrEqualTo(Words.MAX_WORDS);
              return true;
            });
  }

  @Test
  void wordsAreFoundWhereverTheyStand() throws Exception {
    log.append(
            List.of(
                Event.builder("a.b")
                    .action("Delete bucket")
                    .actorUsername("José@example.com")
                    .details(Details.parse("{\"note\":[\"Wrong  BUCKET, sorry\"],\"n\":42}"))
                    .build(),
                Event.builder("a.b").action("open bucket").build(),
                Event.builder("a.b").action("削除").build()),
            "w")
        .get();
    try (AuditIndex index = AuditIndex.open(log.reader(), data.resolve("index"))) {
      assertThat(found(index, words("bucket"))).containsExactly(0L, 1L);
      assertThat(found(index, words("BUCKET sorry"))).containsExactly(0L);
      assertThat(found(index, words("sorry, open"))).isEmpty();
      assertThat(found(index, words("buck"))).isEmpty();
      assertThat(found(index, words("buck* del*"))).containsExactly(0L);
      assertThat(found(index, words("jose\u0301"))).containsExactly(0L);
      assertThat(found(index, words("42"))).containsExactly(0L);
      assertThat(found(index, words("note"))).isEmpty();
      assertThat(found(index, words("除"))).containsExactly(2L);
    }
  }

  @Test
  void anIndexOfAnotherLevelIsBuiltAgain() throws Exception {
    append("{\"status\":200}");
    Path directory = log.reader().directory().index();
    for (IndexedDetails level :
        List.of(IndexedDetails.NONE, IndexedDetails.VALUES, IndexedDetails.TEXT)) {
      try (AuditIndex index = AuditIndex.open(log.reader(), directory, level)) {
        assertThat(index.details()).isEqualTo(level);
        assertThat(found(index, detail("status", "200")))
            .hasSize(level == IndexedDetails.NONE ? 0 : 1);
        assertThat(found(index, words("200"))).hasSize(level == IndexedDetails.TEXT ? 1 : 0);
      }
      try (AuditIndex beside = AuditIndex.openBeside(log.reader(), directory)) {
        assertThat(beside.details()).isEqualTo(level);
      }
      try (AuditIndex again = AuditIndex.open(log.reader(), directory)) {
        assertThat(again.details()).isEqualTo(level);
      }
    }
  }
}
