package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.forward.Samples;
import io.tallystick.forward.format.NativeFormat;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class S3SinkTest {
  private static final List<Outgoing> BATCH = Samples.outgoing(new NativeFormat(), 3);

  @TempDir Path directory;

  private Sink open(S3Server server) throws Exception {
    Map<String, Object> values = new LinkedHashMap<>();
    for (String line : server.yaml(directory, server.port()).lines().toList()) {
      String[] pair = line.split(": ", 2);
      values.put(pair[0], pair[0].endsWith("seconds") ? Integer.valueOf(pair[1]) : pair[1]);
    }
    SinkSettings settings = TestReceiver.settings(directory, "native", values).in(directory);
    return new S3Type().open(settings);
  }

  private List<String> created() throws Exception {
    List<String> names = new ArrayList<>();
    ObjectLedger.forEach(directory, (name, version) -> names.add(name));
    return names;
  }

  @Test
  void aBusyStoreIsLeftAlone() throws Exception {
    try (S3Server server = new S3Server(true);
        Sink sink = open(server)) {
      server.busy.add(Map.entry(503, 4));
      server.busy.add(Map.entry(429, 2));
      for (int seconds : new int[] {4, 2}) {
        assertThatThrownBy(() -> sink.send(BATCH))
            .isInstanceOfSatisfying(
                SinkException.class,
                e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(seconds)));
      }
      assertThat(server.keys()).isEmpty();
      assertThat(sink.send(BATCH).rejected()).isEmpty();
      assertThat(server.keys()).hasSize(1);
    }
  }

  /** A 200 alone proves nothing. */
  @Test
  void aStoreThatDoesNotSayWhatItStoredIsReadBack() throws Exception {
    try (S3Server server = new S3Server(true);
        Sink sink = open(server)) {
      server.saysChecksum = false;
      assertThat(sink.send(BATCH).rejected()).isEmpty();
      String key = server.keys().getFirst();
      assertThat(created()).containsExactly(key.substring(key.lastIndexOf('/') + 1));
      server.loses = true;
      List<Outgoing> others = Samples.outgoing(new NativeFormat(), 4);
      assertThatThrownBy(() -> sink.send(others))
          .isInstanceOf(SinkException.class)
          .hasMessageContaining("has another object with the name");
      assertThat(created()).hasSize(1);
    }
  }

  @Test
  void aMarkerIsAnObjectOfItsOwnAndABatchThatComesAgainTheSame() throws Exception {
    try (S3Server server = new S3Server(false);
        Sink sink = open(server)) {
      assertThat(sink.send(BATCH).rejected()).isEmpty();
      assertThat(sink.send(BATCH).rejected()).isEmpty();
      Outgoing marker =
          new Outgoing(
              7, 0, "00", Samples.TIME, "audit.forward.marker", true, "{}".getBytes(UTF_8));
      assertThat(sink.send(List.of(marker)).rejected()).isEmpty();
      assertThat(server.keys())
          .hasSize(2)
          .allMatch(key -> key.startsWith("p/siem/"))
          .anyMatch(key -> key.contains("/marker-0000000000000000007-"))
          .anyMatch(key -> key.contains("/0000000000000000001-0000000000000000003-"));
      assertThat(ObjectLedger.open(directory).unproved()).hasSize(1);
    }
  }
}
