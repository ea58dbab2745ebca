package io.tallystick.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.client.AuditClient;
import io.tallystick.client.Mode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The packaged server in a process of its own, always at the same port. */
final class TallyServer implements AutoCloseable {
  static final Path JAR = Path.of("../../cli/target/tally.jar").toAbsolutePath().normalize();

  private final Path data;
  private String port = "0";
  private Process process;

  TallyServer(Path data) throws IOException {
    this.data = data;
    start();
  }

  void start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + Path.of("../../jvm.options").toAbsolutePath().normalize());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(List.of("serve", "--data", data.toString(), "--port", port));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    String line = out.readLine();
    if (line == null || !line.contains(" at http://")) {
      process.destroyForcibly();
      throw new IOException("the server did not start: " + line);
    }
    port = line.replaceFirst(".* at http://[^:]*:([0-9]+).*", "$1");
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The file with a key that may do everything. */
  Path keyFile() {
    return data.resolve("admin.key");
  }

  /** What matches, newest first. */
  List<Map<String, Object>> entries(Map<String, String> filter) throws Exception {
    try (AuditClient client =
        AuditClient.builder()
            .url(url())
            .key(() -> Files.readString(keyFile()).strip())
            .mode(Mode.SYNC)
            .build()) {
      return client.entries(filter);
    }
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
