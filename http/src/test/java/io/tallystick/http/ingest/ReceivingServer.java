package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.TestServer;
import io.tallystick.ingest.config.IngestFile;
import io.tallystick.ingest.config.ReceiverSpec;
import io.tallystick.service.access.Permission;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** A server with a receiver of each type, and what its senders send. */
final class ReceivingServer implements AutoCloseable {
  static final String SECRET = "It's a Secret to Everybody";
  static final String HOOKS = "hooks";

  final TestServer server;
  final String key;

  private ReceivingServer(TestServer server, String key) {
    this.server = server;
    this.key = key;
  }

  static ReceivingServer start(Path folder, UnaryOperator<ServerConfig.Builder> more)
      throws Exception {
    ServerConfig config = TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults());
    TestServer server =
        TestServer.start(
            folder.resolve("data"),
            more.apply(config.toBuilder().receivers(receivers(folder))).build());
    return new ReceivingServer(server, server.key(HOOKS, Permission.AUDIT_APPEND));
  }

  static List<ReceiverSpec> receivers(Path folder) throws Exception {
    Path secret = folder.resolve("secret");
    Files.writeString(secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n" + SECRET + "\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path file = folder.resolve("ingest.yaml");
    Files.writeString(
        file,
        """
        receivers:
          - {name: otel, type: otlp, customary_path: true}
          - {name: splunk, type: hec, acknowledgement: true, customary_path: true}
          - {name: lines, type: hec}
          - {name: events, type: cloudevents}
          - {name: k8s, type: kubernetes}
          - {name: bao, type: vault}
          - {name: gh, type: github, key: hooks, secret_file: secret}
          - {name: gl, type: gitlab, key: hooks, secret_file: secret}
          - {name: std, type: standard-webhooks, key: hooks, secret_file: secret}
          - {name: orphan, type: github, key: nobody, secret_file: secret}
        """);
    return IngestFile.read(file);
  }

  /** A request without a key. */
  HttpResponse<String> post(String path, Map<String, String> headers, byte[] body)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
    headers.forEach(request::header);
    return server.send(request.POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  HttpResponse<String> json(String path, String key, String body) throws Exception {
    return server.post(path, key, "application/json", body.getBytes(UTF_8));
  }

  HttpResponse<String> hec(String path, String body) throws Exception {
    return post(
        "/services/collector" + path,
        Map.of(
            "Authorization",
            "Splunk " + key,
            "X-Splunk-Request-Channel",
            "fe0ecfad-13d5-401b-847d-77833bd77131"),
        body.getBytes(UTF_8));
  }

  static String otlp(int first, int count) {
    StringBuilder records = new StringBuilder();
    for (int i = first; i < first + count; i++) {
      records.append(
          "%s{\"timeUnixNano\":\"17726143060000%05d\",\"eventName\":\"otel.test\",\"body\":{\"stringValue\":\"%d\"}}"
              .formatted(i == first ? "" : ",", i, i));
    }
    return "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[" + records + "]}]}]}";
  }

  /** The entries with an event id that begins like this, as they came. */
  List<Entry> entries(String id) throws Exception {
    return server.entriesFrom(1).stream()
        .filter(entry -> Objects.toString(entry.event().eventId(), "").startsWith(id))
        .toList();
  }

  static String text(Entry entry, EntryField field) {
    return String.valueOf(entry.text(field));
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
