package io.tallystick.ingest.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IngestFileTest {
  @TempDir Path folder;

  @BeforeEach
  void secret() throws Exception {
    Path secret = folder.resolve("s");
    Files.writeString(secret, "0123456789abcdef\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(
        folder.resolve("own.yaml"), "name: own\nmatch: .a\nmap:\n  event_type: type(.a)\n");
  }

  private List<ReceiverSpec> read(String yaml) throws Exception {
    Path file = folder.resolve("ingest.yaml");
    Files.writeString(file, yaml);
    return IngestFile.read(file);
  }

  @Test
  void everyTypeCanBeConfigured() throws Exception {
    List<ReceiverSpec> specs =
        read(
            """
            receivers:
              - {name: otel, type: otlp, customary_path: true}
              - {name: splunk, type: hec, acknowledgement: true, mapping: hec}
              - {name: events, type: cloudevents, mapping: own.yaml}
              - {name: k8s, type: kubernetes}
              - {name: bao, type: vault}
              - {name: gh, type: github, key: hooks, secret_file: s}
              - {name: gl, type: gitlab, key: hooks, secret_file: s}
              - {name: std, type: standard-webhooks, key: hooks, secret_file: s}
            """);
    assertThat(specs)
        .extracting(ReceiverSpec::name)
        .containsExactly("otel", "splunk", "events", "k8s", "bao", "gh", "gl", "std");
    assertThat(specs).extracting(ReceiverSpec::customaryPath).containsOnlyOnce(true);
    assertThat(specs.get(5).key()).isEqualTo("hooks");
    assertThat(specs.getFirst().key()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | expected keys and values here; the file has the key receivers",
        "receivers: | receivers must be a list of 1 to 100 receivers",
        "receivers: [] | receivers must be a list",
        "receivers: {} | receivers must be a list",
        "{receivers: [{name: a, type: vault}], sinks: []} | unknown key \"sinks\"; the file has receivers",
        "receivers: [7] | receivers[0]: expected keys and values here",
        "receivers: [{type: otlp}] | receivers[0]: name is missing",
        "receivers: [{name: a}] | receivers[0]: type is missing",
        "receivers: [{name: a, type: oltp}] | receivers[0]: unknown type \"oltp\"; types: otlp, hec, cloudevents, kubernetes, vault, github",
        "receivers: [{name: A_b, type: otlp}] | name must be 1 to 32 of a-z, 0-9 and -",
        "receivers: [{name: 7, type: otlp}] | name must be a text, but was \"7\"",
        "receivers: [{name: a, type: otlp, path: /x}] | unknown key \"path\"; a receiver of type otlp has name, type, mapping, customary_path",
        "receivers: [{name: a, type: vault, customary_path: true}] | unknown key \"customary_path\"",
        "receivers: [{name: a, type: otlp, customary_path: 'yes'}] | customary_path must be true or false, but was \"yes\"",
        "receivers: [{name: a, type: syslog, key: k, transport: tcp}] | receivers[0]: listen is missing",
        "receivers: [{name: a, type: syslog, key: k, listen: 'x:1', transport: tcp}] | listen must be an IP address and a port, like 0.0.0.0:6514 or [::]:6514, but was \"x:1\"",
        "receivers: [{name: a, type: syslog, key: k, listen: '0.0.0.0:70000', transport: tcp}] | listen must be an IP address",
        "receivers: [{name: a, type: syslog, key: k, listen: '[::1]:514', transport: sctp}] | transport must be tls, tcp, udp, relp or relp-tls, but was \"sctp\"",
        "receivers: [{name: a, type: syslog, key: k, listen: '[::1]:514', transport: tls, max_connections: 0}] | max_connections must be a whole number from 1 to 100000, but was \"0\"",
        "receivers: [{name: a, type: syslog, key: k, listen: '[::1]:514', transport: relp, client_ca_file: s}] | client_ca_file needs the transport tls or relp-tls",
        "receivers: [{name: a, type: syslog, key: k, listen: '[::1]:514', transport: tls, client_ca_file: none}] | client_ca_file: there is no file",
        "receivers: [{name: a, type: syslog, key: k, listen: '[::1]:514', transport: tls, client_ca_file: own.yaml}] | own.yaml\" has something else than PEM certificates",
        "receivers: [{name: a, type: syslog, key: k, listen: '[::1]:514', transport: tls, client_names: [x]}] | client_names needs client_ca_file",
        "receivers: [{name: a, type: syslog, key: k, listen: '[::1]:514', transport: tls, client_names: x}] | client_names must be a list of texts, like [a, b], but was \"x\"",
        "receivers: [{name: a, type: syslog, key: k, listen: '[::1]:514', transport: tls, client_names: []}] | client_names must be a list of texts",
        "receivers: [{name: a, type: syslog, listen: '[::1]:514', transport: tls}] | receivers[0]: key is missing",
        "receivers: [{name: a, type: otlp, mapping: none}] | there is no mapping \"none\"; there are auto, auditd",
        "receivers: [{name: a, type: otlp, mapping: no.yaml}] | mapping: the file \"no.yaml\" does not exist",
        "receivers: [{name: a, type: otlp, mapping: ingest.yaml}] | mapping: \"ingest.yaml\": \"receivers\" is unknown",
        "receivers: [{name: a, type: github, secret_file: s}] | key is missing",
        "receivers: [{name: a, type: github, key: k}] | secret_file is missing",
        "receivers: [{name: a, type: github, key: k, secret_file: none}] | secret_file: there is no file",
        "receivers: [{name: a, type: github, key: k, secret_file: own.yaml}] | chmod 600",
        "receivers: [{name: a, type: otlp}, {name: a, type: hec}] | receivers[1]: another receiver has the name a",
        "receivers: [{name: a, type: otlp, customary_path: true}, {name: b, type: otlp, customary_path: true}] | only one receiver of a type can have customary_path, and a has it",
        "receivers: [{name: a, name: b, type: otlp}] | duplicate key",
        "receivers: [{name: a, type: otlp} | line 1, column 34: ",
        "receivers: [&x {name: a, type: otlp}, *x] | ingest.yaml",
      })
  void whatIsNotRightIsRefusedWithItsPlaceAndWhatIsAllowed(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(InvalidIngestFileException.class)
        .hasMessageContaining("/ingest.yaml\"")
        .hasMessageContaining(message);
  }

  @Test
  void aFileThatIsNotThereOrNoTextIsRefused() throws Exception {
    assertThatThrownBy(() -> IngestFile.read(folder.resolve("none")))
        .hasMessageEndingWith("none\": the file does not exist");
    Files.write(folder.resolve("b"), new byte[] {(byte) 0xff});
    assertThatThrownBy(() -> IngestFile.read(folder.resolve("b")))
        .hasMessageContaining("can't be read as UTF-8");
  }
}
