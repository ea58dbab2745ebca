package io.tallystick.forward.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.forward.Samples;
import io.tallystick.forward.format.OtlpFormat;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.net.TestReceiver.Reply;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OtlpSinkTest {
  @TempDir Path directory;

  private final List<JsonNode> requests = new ArrayList<>();
  private final List<Reply> first = new ArrayList<>();
  private long poison;
  private final TestReceiver receiver = new TestReceiver((request, body) -> answer(body));

  @AfterEach
  void stop() {
    receiver.close();
  }

  private synchronized Reply answer(byte[] body) {
    if (!first.isEmpty()) {
      return first.removeFirst();
    }
    try {
      JsonNode request = new ObjectMapper().readTree(body);
      if (poison > 0 && seqs(List.of(request)).contains(poison)) {
        return new Reply(400, "{\"code\":3,\"message\":\"bad record\"}");
      }
      requests.add(request);
      return new Reply(200, "{}");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Long> seqs(List<JsonNode> requests) {
    return requests.stream()
        .flatMap(request -> request.at("/resourceLogs/0/scopeLogs/0/logRecords").valueStream())
        .filter(record -> !record.path("eventName").asText().equals("audit.forward.marker"))
        .map(record -> {
          for (JsonNode attribute : record.path("attributes")) {
            if (attribute.path("key").asText().equals("tallystick.seq")) {
              return attribute.path("value").path("intValue").asLong();
            }
          }
          throw new AssertionError("no seq in " + record);
        })
        .toList();
  }

  private Sink open() throws Exception {
    return new OtlpType()
        .open(
            TestReceiver.settings(
                directory, "otlp", Map.of("url", receiver.url() + "/v1/logs", "gzip", true)));
  }

  private static List<Outgoing> records(int count) {
    return Samples.outgoing(new OtlpFormat(), count);
  }

  @Test
  void aRequestIsOfTheFormThatTheProtocolHas() throws Exception {
    try (Sink sink = open()) {
      assertThat(sink.level()).isEqualTo(Level.ACCEPTED);
      assertThat(sink.send(records(2)).rejected()).isEmpty();
    }
    JsonNode request = requests.getFirst();
    assertThat(request.at("/resourceLogs/0/resource/attributes").toString())
        .isEqualTo(
            """
            [{"key":"service.name","value":{"stringValue":"tallystick"}},\
            {"key":"tallystick.origin","value":{"stringValue":"log.example/audit"}}]\
            """);
    JsonNode record = request.at("/resourceLogs/0/scopeLogs/0/logRecords/1");
    assertThat(record.path("timeUnixNano").asText()).isEqualTo("1795403100500000000");
    assertThat(record.path("observedTimeUnixNano").asText()).isEqualTo("1795403109123456891");
    assertThat(record.path("severityNumber").asInt()).isEqualTo(17);
    assertThat(record.path("traceId").asText()).hasSize(32);
  }

  @Test
  void aKilledReceiverGetsEverythingThatItDidNotAnswer() throws Exception {
    List<Outgoing> all = records(2_000);
    try (Sink sink = open()) {
      Thread killer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < 5; i++) {
                    Thread.sleep(40);
                    receiver.kill();
                    Thread.sleep(20);
                    receiver.start();
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      assertThat(TestReceiver.deliver(sink, all, 50)).isEmpty();
      killer.join();
    }
    assertThat(new HashSet<>(seqs(requests)))
        .containsExactlyInAnyOrder(LongStream.rangeClosed(1, 2_000).boxed().toArray(Long[]::new));
  }

  @Test
  void onePoisonedRecordIsRejectedAlone() throws Exception {
    poison = 23;
    try (Sink sink = open()) {
      assertThat(sink.send(records(100)).rejected())
          .singleElement()
          .satisfies(each -> {
            assertThat(each.index()).isEqualTo(22);
            assertThat(each.reason()).contains("bad record");
          });
    }
    assertThat(seqs(requests)).hasSize(99).doesNotContain(23L);
  }

  /** It does not say which, and the protocol forbids to send them the same again. */
  @Test
  void aPartialSuccessRejectsAllOfTheRequest() throws Exception {
    first.add(
        new Reply(
            200,
            "{\"partialSuccess\":{\"rejectedLogRecords\":\"1\",\"errorMessage\":\"too old\"}}"));
    first.add(new Reply(200, "{\"partialSuccess\":{\"errorMessage\":\"only a warning\"}}"));
    try (Sink sink = open()) {
      List<Rejected> rejected = sink.send(records(3)).rejected();
      assertThat(rejected).extracting(Rejected::index).containsExactly(0, 1, 2);
      assertThat(rejected.getFirst().reason())
          .isEqualTo("1 of 3 log records were refused: too old");
      assertThat(sink.send(records(3)).rejected()).isEmpty();
    }
  }

  @Test
  void aBusyReceiverIsLeftAlone() throws Exception {
    first.add(new Reply(429, "", Map.of("Retry-After", "2")));
    first.add(new Reply(503, ""));
    try (Sink sink = open()) {
      List<Outgoing> batch = records(1);
      assertThatThrownBy(() -> sink.send(batch))
          .isInstanceOfSatisfying(
              SinkException.class,
              e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(2)));
      assertThatThrownBy(() -> sink.send(batch)).hasMessageContaining("status 503");
      assertThat(sink.send(batch).rejected()).isEmpty();
    }
  }

  @Test
  void anotherFormatIsRefused() {
    assertThatThrownBy(() ->
            new OtlpType()
                .check(TestReceiver.settings(directory, "ecs", Map.of("url", receiver.url()))))
        .isInstanceOf(SettingException.class)
        .hasMessageContaining("must be otlp");
  }
}
