package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkType;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A wrong file of sinks is refused when it is read, in words that show no secret. */
class ForwardingFileTest {
  private static ForwardingFile parse(String yaml) throws Exception {
    return ForwardingFile.parse("forward.yaml", yaml, "example.com/log", Path.of("/etc"));
  }

  private static String refused(String yaml) {
    String[] message = {""};
    assertThatThrownBy(() -> parse(yaml))
        .isInstanceOf(SettingException.class)
        .satisfies(e -> message[0] = e.getMessage());
    return message[0];
  }

  @Test
  void aPasswordInAnAddressIsNotShown() {
    for (String user :
        new String[] {"ops:hunter2", "ops:hunt er2", "ops:hunter2@@", "//:hunter2"}) {
      assertThat(
              refused(
                  "sinks: [{name: a, type: webhook, url: 'https://"
                      + user
                      + "@siem.example/x', secrets: [s]}]"))
          .contains("url must be an address", "https://\\u2026@siem.example/x")
          .doesNotContain("hunt", "ops");
    }
    assertThat(refused("sinks: [{name: a, type: webhook, url: 'ops:hunter2@siem', secrets: [s]}]"))
        .contains("@siem")
        .doesNotContain("hunt", "ops");
  }

  @Test
  void twoSinksMayNotWriteTheSameFile() throws Exception {
    String two = "sinks: [{name: a, type: file, path: x}, {name: b, type: file, path: %s}]";
    for (String same : new String[] {"x", "./x", "y/../x", "/etc/x"}) {
      assertThat(refused(two.formatted(same)))
          .isEqualTo(
              "forward.yaml: sinks[1] (b): the file /etc/x is that of the sink a already; each needs"
                  + " its own");
    }
    assertThat(parse(two.formatted("y")).sinks()).hasSize(2);
  }

  @Test
  void originalIsRefusedWhereTheFormatHasNoPlaceForIt() throws Exception {
    String sink = "sinks: [{name: a, type: file, path: x, original: %s, format: %s}]";
    assertThat(refused(sink.formatted("true", "cef"))).contains("original can't be true with");
    assertThat(parse(sink.formatted("false", "cef")).sinks()).hasSize(1);
    assertThat(parse(sink.formatted("true", "native")).sinks()).hasSize(1);
  }

  @Test
  void whateverHasAnInventorySaysThatItCanBeAsked() {
    for (String name : SinkTypes.names()) {
      SinkType type = SinkTypes.of(name).orElseThrow();
      assertThat(type.isQueryable())
          .as(name)
          .isEqualTo(
              Arrays.stream(type.getClass().getDeclaredMethods())
                  .anyMatch(method -> method.getName().equals("inventory")));
    }
  }

  @Test
  void aReceiverThatCanNotBeAskedIsNotReconciledOnASchedule() throws Exception {
    String sink = "sinks: [{name: a, %s, reconcile_every_hours: 24}]";
    assertThat(refused(sink.formatted("type: syslog, host: h, transport: tcp")))
        .contains("reconcile_every_hours needs a receiver that can be asked", "type syslog");
    assertThat(parse(sink.formatted("type: file, path: x")).sinks()).hasSize(1);
  }

  @Test
  void brokenYamlIsSaidInOneLine() {
    assertThat(refused("sinks:\n  - {name: a, type: file\n  - {name: b}\n"))
        .startsWith("forward.yaml: line 3, column 5: ")
        .doesNotContain("\n", "  ");
  }
}
