package io.tallystick.forward.elastic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.forward.Samples;
import io.tallystick.forward.format.EcsFormat;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.OcsfFormat;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.net.TestReceiver.Reply;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElasticSinkTest {
  @TempDir Path directory;

  private SinkSettings settings(BulkServer server, String format) {
    return TestReceiver.settings(directory, format, Map.of("url", server.http.url()));
  }

  private Sink open(BulkServer server) throws Exception {
    return new ElasticType().open(settings(server, "ecs"));
  }

  private static List<Outgoing> records(int count) {
    return Samples.outgoing(new EcsFormat(), count);
  }

  private static Long[] upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toArray(Long[]::new);
  }

  @Test
  void theTemplateComesFirstAndOnce() throws Exception {
    try (BulkServer server = new BulkServer();
        Sink sink = open(server)) {
      assertThat(sink.send(records(3)).rejected()).isEmpty();
      assertThat(sink.send(records(3)).rejected()).isEmpty();
      assertThat(server.requests)
          .containsExactly(
              "GET /",
              "PUT /_index_template/tallystick-audit",
              "POST /tallystick-audit/_bulk",
              "POST /tallystick-audit/_bulk");
    }
  }

  @Test
  void aDocumentComesBackAsTheRecordItWas() throws Exception {
    for (Format format : List.of(new EcsFormat(), new OcsfFormat())) {
      try (BulkServer server = new BulkServer()) {
        SinkSettings settings = settings(server, format.name());
        Outgoing out = Samples.outgoing(format, 3, Samples.full(8, "deploy", Samples.HOSTILE));
        try (Sink sink = new ElasticType().open(settings)) {
          assertThat(sink.send(List.of(out)).rejected()).isEmpty();
        }
        JsonNode document = server.documents.values().iterator().next();
        assertThat(document.path("forward").path("origin").asText()).isEqualTo(Samples.ORIGIN);
        assertThat(document.path("@timestamp").asText()).startsWith("2026-11-23T0");
        Held held = new Document(settings).held(document);
        assertThat(held.id()).isEqualTo(8);
        assertThat(held.seq()).isEqualTo(3);
        assertThat(held.hash()).isEqualTo(out.hash());
        assertThat(Document.MAPPER.readTree(held.body()))
            .isEqualTo(Document.MAPPER.readTree(out.body()));
      }
    }
  }

  @Test
  void aKilledReceiverMissesNothing() throws Exception {
    List<Outgoing> all = records(2_000);
    try (BulkServer server = new BulkServer();
        Sink sink = open(server)) {
      Thread killer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < 6; i++) {
                    Thread.sleep(40);
                    server.http.kill();
                    Thread.sleep(20);
                    server.http.start();
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      assertThat(TestReceiver.deliver(sink, all, 50)).isEmpty();
      killer.join();
      assertThat(server.seqs()).containsExactly(upTo(2_000));
    }
  }

  /** An answer that was lost on its way: what is sent again is there already, which is success. */
  @Test
  void whatIsThereAlreadyIsNotStoredAgain() throws Exception {
    try (BulkServer server = new BulkServer();
        Sink sink = open(server)) {
      assertThat(sink.send(records(10)).rejected()).isEmpty();
      assertThat(sink.send(records(20)).rejected()).isEmpty();
      assertThat(server.seqs()).containsExactly(upTo(20));
    }
  }

  @Test
  void onePoisonedDocumentIsRejectedAlone() throws Exception {
    try (BulkServer server = new BulkServer();
        Sink sink = open(server)) {
      server.status = document -> document.path("forward").path("seq").asLong() == 7 ? 400 : 201;
      List<Rejected> rejected = sink.send(records(20)).rejected();
      assertThat(rejected)
          .singleElement()
          .satisfies(each -> {
            assertThat(each.index()).isEqualTo(6);
            assertThat(each.reason()).isEqualTo("400 some_exception because");
          });
      assertThat(server.seqs()).hasSize(19).doesNotContain(7L);
    }
  }

  @Test
  void documentsForWhichThereWasNoRoomAreSentAgainAlone() throws Exception {
    try (BulkServer server = new BulkServer();
        Sink sink = open(server)) {
      Set<Long> refused = new HashSet<>();
      server.status =
          document -> {
            long seq = document.path("forward").path("seq").asLong();
            return seq % 3 == 0 && refused.add(seq) ? 429 : 201;
          };
      assertThat(sink.send(records(20)).rejected()).isEmpty();
      assertThat(server.seqs()).containsExactly(upTo(20));
      server.status = document -> 503;
      List<Outgoing> more = records(30).subList(20, 30);
      assertThatThrownBy(() -> sink.send(more))
          .isInstanceOf(SinkException.class)
          .hasMessageContaining("did not store 10 documents: \"503 some_exception because\"");
    }
  }

  @Test
  void aBusyReceiverIsLeftAloneForAsLongAsItAsks() throws Exception {
    try (BulkServer server = new BulkServer();
        Sink sink = open(server)) {
      assertThat(sink.send(records(1)).rejected()).isEmpty();
      server.first.add(new Reply(429, "slow down", Map.of("Retry-After", "3")));
      server.first.add(new Reply(503, ""));
      server.first.add(new Reply(200, "{\"items\":[]}"));
      server.first.add(new Reply(0, ""));
      List<Outgoing> batch = records(2);
      assertThatThrownBy(() -> sink.send(batch))
          .isInstanceOfSatisfying(
              SinkException.class,
              e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(3)));
      assertThatThrownBy(() -> sink.send(batch)).hasMessageContaining("status 503");
      assertThatThrownBy(() -> sink.send(batch))
          .hasMessageContaining("answered for 0 of 2 documents");
      assertThatThrownBy(() -> sink.send(batch)).hasMessageContaining("broke");
      assertThat(sink.send(batch).rejected()).isEmpty();
    }
  }

  @Test
  void aBatchThatIsTooLargeIsHalvedUntilOneRecordIs() throws Exception {
    try (BulkServer server = new BulkServer();
        Sink sink = open(server)) {
      server.maxBytes = 40_000;
      List<Outgoing> batch = new ArrayList<>(records(40));
      batch.set(9, Samples.outgoing(new EcsFormat(), 10, Samples.longest(10)));
      assertThat(sink.send(batch).rejected())
          .singleElement()
          .satisfies(each -> assertThat(each.index()).isEqualTo(9));
      assertThat(server.seqs()).hasSize(39);
    }
  }

  @Test
  void wrongSettingsAreSaid() {
    for (Map<String, Object> wrong :
        List.<Map<String, Object>>of(
            Map.of("url", "ftp://example.com"),
            Map.of("url", "http://example.com"),
            Map.of("url", "https://example.com", "index", "Upper"),
            Map.of("url", "https://example.com", "template", "maybe"),
            Map.of("url", "https://example.com", "username", "elastic"),
            Map.of("url", "https://example.com", "ca_file", "missing.pem"),
            Map.of("url", "https://example.com", "headers", Map.of("Host", "x")))) {
      assertThatThrownBy(
              () -> new ElasticType().check(TestReceiver.settings(directory, "ecs", wrong)))
          .isInstanceOf(SettingException.class);
    }
    assertThatThrownBy(() ->
            new ElasticType()
                .check(
                    TestReceiver.settings(directory, "cef", Map.of("url", "https://example.com"))))
        .isInstanceOf(SettingException.class)
        .hasMessageContaining("format");
  }
}
