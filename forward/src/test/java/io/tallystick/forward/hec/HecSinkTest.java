package io.tallystick.forward.hec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.forward.Samples;
import io.tallystick.forward.format.CefFormat;
import io.tallystick.forward.format.EcsFormat;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.net.TestReceiver.Reply;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HecSinkTest {
  /** Entries to send while it is killed. */
  private static final int COUNT = Boolean.getBoolean("tallystick.long") ? 20_000 : 2_000;

  private static final String TOKEN = "11111111-2222-3333-4444-555555555555";

  @TempDir Path directory;
  private HecServer server;

  @BeforeEach
  void start() throws Exception {
    server = new HecServer(TOKEN);
    writeToken(TOKEN);
  }

  private void writeToken(String token) throws Exception {
    Path file = directory.resolve("token");
    Files.writeString(file, token + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private SinkSettings settings(String format, Object... more) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("url", server.http.url());
    values.put("token_file", "token");
    for (int i = 0; i < more.length; i += 2) {
      values.put(more[i].toString(), more[i + 1]);
    }
    return TestReceiver.settings(directory, format, values);
  }

  private Sink open(Object... more) throws Exception {
    return new HecType().open(settings("ecs", more));
  }

  private static List<Outgoing> records(int count) {
    return Samples.outgoing(new EcsFormat(), count);
  }

  private static Long[] upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toArray(Long[]::new);
  }

  @Test
  void anEventHasItsTimeItsFieldsAndTheRecordAsJson() throws Exception {
    try (Sink sink = open("index", "audit", "host", "log-1")) {
      assertThat(sink.level()).isEqualTo(Level.CONFIRMED);
      assertThat(sink.send(records(2)).rejected()).isEmpty();
    }
    JsonNode event = server.indexed.get(1);
    assertThat(event.path("time").asText()).isEqualTo("1795403109.123456891");
    assertThat(event.path("index").asText()).isEqualTo("audit");
    assertThat(event.path("host").asText()).isEqualTo("log-1");
    assertThat(event.path("sourcetype").asText()).isEqualTo("tallystick:ecs");
    assertThat(event.path("event").path("event").path("sequence").asLong()).isEqualTo(102);
    assertThat(event.path("fields").path("tallystick_hash").asText())
        .isEqualTo(Samples.hash(102).toString());
    try (Sink sink = new HecType().open(settings("cef"))) {
      Delivery _ = sink.send(Samples.outgoing(new CefFormat(), 1));
    }
    assertThat(server.indexed.getLast().path("event").asText()).startsWith("CEF:0|Tallystick|");
  }

  /** Java writes numbers with the digits of the machine's language, unless it is told not to. */
  @Test
  void theTimeIsWrittenInTheDigitsThatSplunkReads() throws Exception {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try (Sink sink = open()) {
      assertThat(sink.send(records(1)).rejected()).isEmpty();
    } finally {
      Locale.setDefault(before);
    }
    assertThat(server.indexed.getFirst().path("time").asText()).isEqualTo("1795403109.123456890");
  }

  /** Splunk answers 200 to what it has in memory only. */
  @Test
  void whatWasAcceptedButNotIndexedWhenSplunkDiedIsSentAgain() throws Exception {
    List<Outgoing> all = records(COUNT);
    Thread killer =
        Thread.ofVirtual()
            .start(() -> {
              for (int i = 0; i < 5; i++) {
                server.killAndRestart();
                try {
                  Thread.sleep(90);
                } catch (InterruptedException e) {
                  return;
                }
              }
            });
    try (Sink sink = open("timeout_seconds", 2, "acknowledge_seconds", 1)) {
      assertThat(TestReceiver.deliver(sink, all, 100)).isEmpty();
    }
    killer.join();
    assertThat(new HashSet<>(server.seqs())).containsExactlyInAnyOrder(upTo(COUNT));
  }

  @Test
  void whatIsNeverAcknowledgedIsSentAgainOnAnotherChannel() throws Exception {
    server.indexes = false;
    try (Sink sink = open("acknowledge_seconds", 1)) {
      List<Outgoing> batch = records(3);
      assertThatThrownBy(() -> sink.send(batch))
          .isInstanceOf(SinkException.class)
          .hasMessageContaining("did not acknowledge what it accepted within 1 s");
      server.indexes = true;
      assertThat(sink.send(batch).rejected()).isEmpty();
      assertThat(new HashSet<>(server.seqs())).containsExactlyInAnyOrder(1L, 2L, 3L);
    }
  }

  @Test
  void oneRefusedEventHoldsUpNoOtherWhetherOrNotSplunkSaysWhich() throws Exception {
    server.poison =
        event ->
            List.of(17L, 18L, 60L).contains(event.path("fields").path("tallystick_seq").asLong());
    for (boolean says : new boolean[] {true, false}) {
      server.saysWhichIsPoison = says;
      server.indexed.clear();
      try (Sink sink = open()) {
        List<Rejected> rejected = sink.send(records(100)).rejected();
        assertThat(rejected).extracting(Rejected::index).containsExactlyInAnyOrder(16, 17, 59);
        assertThat(rejected.getFirst().reason()).contains("status 400", "Invalid data format");
      }
      assertThat(new HashSet<>(server.seqs())).hasSize(97).doesNotContain(17L, 18L, 60L);
    }
  }

  @Test
  void aBatchThatIsTooLargeIsHalved() throws Exception {
    server.maxEvents = 30;
    try (Sink sink = open()) {
      assertThat(sink.send(records(100)).rejected()).isEmpty();
    }
    assertThat(server.seqs()).containsExactly(upTo(100));
    assertThat(server.posts).isEqualTo(7);
  }

  @Test
  void aBusyReceiverIsLeftAloneForAsLongAsItAsks() throws Exception {
    server.first.add(
        new Reply(503, "{\"text\":\"Server is busy\",\"code\":9}", Map.of("Retry-After", "7")));
    server.first.add(new Reply(429, ""));
    try (Sink sink = open()) {
      List<Outgoing> batch = records(1);
      assertThatThrownBy(() -> sink.send(batch))
          .isInstanceOfSatisfying(
              SinkException.class, e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(7)))
          .hasMessageContaining("status 503");
      assertThatThrownBy(() -> sink.send(batch)).hasMessageContaining("status 429");
      assertThat(sink.send(batch).rejected()).isEmpty();
    }
  }

  @Test
  void aTokenWithoutAcknowledgementIsSaid() throws Exception {
    server.acknowledges = false;
    List<Outgoing> batch = records(1);
    try (Sink sink = open()) {
      assertThatThrownBy(() -> sink.send(batch)).hasMessageContaining("gives no ackId");
    }
    try (Sink sink = open("acknowledge", false)) {
      assertThat(sink.level()).isEqualTo(Level.ACCEPTED);
      assertThat(sink.send(batch).rejected()).isEmpty();
    }
  }

  /** A token that was replaced must not need a restart, and none stands in a message. */
  @Test
  void theTokenIsReadAnewAndNeverShown() throws Exception {
    String wrong = "99999999-aaaa-bbbb-cccc-dddddddddddd";
    writeToken(wrong);
    try (Sink sink = open()) {
      List<Outgoing> batch = records(1);
      assertThatThrownBy(() -> sink.send(batch))
          .hasMessageContaining("status 403")
          .hasMessageContaining("check the credentials")
          .message()
          .doesNotContain(wrong);
      writeToken(TOKEN);
      assertThat(sink.send(batch).rejected()).isEmpty();
      writeToken("two\nlines");
      assertThatThrownBy(() -> sink.send(batch)).isInstanceOf(SinkException.class);
    }
    assertThatThrownBy(() -> new HecType().check(settings("ecs")))
        .isInstanceOf(SettingException.class)
        .hasMessageContaining("no HTTP header can have")
        .message()
        .doesNotContain("two");
    Files.setPosixFilePermissions(
        directory.resolve("token"), PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> new HecType().check(settings("ecs")))
        .isInstanceOf(SettingException.class)
        .hasMessageContaining("not private");
  }
}
