package io.tallystick.forward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.forward.ForwardingFile;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.store.SmallJava;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings of sinks for Kafka are checked without Kafka. */
class KafkaTypeTest {
  private static final String MINIMAL =
      "name: a, type: kafka, bootstrap_servers: 'kafka.example.com:9093', topic: audit";

  @TempDir Path directory;

  private void read(String... sinks) throws Exception {
    String list = "sinks: [{" + String.join("}, {", sinks) + "}]";
    ForwardingFile.parse("forward.yaml", list, "example.com/log", directory);
  }

  private void secret(String permissions) throws Exception {
    Path file = Files.writeString(directory.resolve("secret"), "hunter2\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          bootstrap_servers: kafka1   | must be a list of host:port, such as kafka1.example.com:9093
          bootstrap_servers: 'a:0'    | but has "a:0"
          bootstrap_servers: 'a:b@c:9'| but has "a:b@c:9"
          bootstrap_servers: []       | bootstrap_servers is missing
          topic: a b                  | topic must be 1 to 249 of
          topic: ..                   | topic must be 1 to 249 of
          partition: -1               | partition must be a whole number between 0 and
          tls: false                  | set insecure_plaintext: true
          sasl: oauth                 | sasl must be none or plain or scram-sha-256 or scram-sha-512
          sasl: plain                 | username is missing
          username: me                | sasl is missing; username and password_file need it
          ca_file: nowhere.pem        | ca_file names
          timeout_seconds: 2          | timeout_seconds must be a whole number between 3 and 600
          format: otlp                | format must be one of native, ocsf, ecs, cef
          acks: 1                     | "acks" is unknown
          """)
  void aWrongSettingIsSaid(String setting, String message) {
    String name = setting.substring(0, setting.indexOf(':'));
    String others =
        List.of(MINIMAL.split(", ", -1)).stream()
            .filter(each -> !each.startsWith(name + ":"))
            .reduce((one, two) -> one + ", " + two)
            .orElseThrow();
    assertThatThrownBy(() -> read(others + ", " + setting))
        .isInstanceOf(SettingException.class)
        .hasMessageContaining(message);
  }

  @Test
  void brokersOnThisMachineNeedNoTls() {
    for (String host : List.of("127.0.0.1", "localhost", "'[::1]")) {
      String quote = host.startsWith("'") ? "" : "'";
      assertThatCode(() ->
              read(
                  "name: a, type: kafka, topic: audit, tls: false, bootstrap_servers: "
                      + quote
                      + host
                      + ":9092'"))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void aPasswordThatOthersCanReadIsRefusedAndNotShown() throws Exception {
    String sink = MINIMAL + ", sasl: scram-sha-512, username: me, password_file: secret";
    secret("rw-r--r--");
    assertThatThrownBy(() -> read(sink))
        .hasMessageContaining("password_file names a file that is not private")
        .message()
        .doesNotContain("hunter2");
    secret("rw-------");
    read(sink);
  }

  /** All that is in a topic is compared with its sink. */
  @Test
  void twoSinksMayNotShareATopic() throws Exception {
    String second = MINIMAL.replace("name: a", "name: b");
    assertThatThrownBy(() -> read(MINIMAL, second))
        .hasMessage(
            "forward.yaml: sinks[1] (b): the topic audit of kafka.example.com:9093 is that of the"
                + " sink a already; each needs its own");
    read(MINIMAL, second.replace("topic: audit", "topic: other"));
  }

  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws Exception {
      var _ =
          ForwardingFile.parse(
              "forward.yaml", "sinks: [{" + MINIMAL + "}]", "example.com/log", Path.of("."));
    }
  }

  @Test
  void theLibraryIsNotLoadedBeforeASinkIsOpened() throws Exception {
    Path classes = directory.resolve("classes");
    Process java =
        new ProcessBuilder(
                SmallJava.command(List.of("-Xlog:class+load:file=" + classes), Program.class))
            .redirectErrorStream(true)
            .start();
    assertThat(new String(java.getInputStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(java.waitFor()).isZero();
    assertThat(Files.readString(classes))
        .contains("io.tallystick.forward.kafka.Cluster ")
        .doesNotContain("org.apache.kafka");
  }
}
