package io.tallystick.endurance;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The packaged server, {@code cli/target/tally.jar}, in a process of its own. */
final class PackagedServer implements AutoCloseable {
  static final Path JAR = Path.of("../cli/target/tally.jar").toAbsolutePath().normalize();

  /**
   * A server that is killed starts again more quickly with the classes that the tests of the
   * command line left, if they did.
   */
  static final String[] QUICK_START = {
    "-Xlog:disable",
    "-Xlog:all=warning,cds*=off:stderr",
    "-XX:SharedArchiveFile=" + JAR.resolveSibling("tests.jsa")
  };

  private final Process process;
  private final String url;
  private final String key;

  private PackagedServer(Process process, String url, String key) {
    this.process = process;
    this.url = url;
    this.key = key;
  }

  /** The words that run tally, to which a command's are added. */
  static List<String> tally(String... options) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path file = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    words.add("@" + file.toAbsolutePath().normalize());
    words.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of(options));
    words.addAll(List.of("-jar", JAR.toString()));
    return words;
  }

  static PackagedServer start(Path data, String... more) throws IOException {
    List<String> command = new ArrayList<>(tally(QUICK_START));
    command.addAll(List.of("serve", "--data", data.toString(), "--port", "0"));
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    String line = out.readLine();
    if (line == null || !line.contains(" at http://")) {
      process.destroyForcibly();
      throw new IOException("the server did not start: " + line);
    }
    String url = line.substring(line.indexOf("http://"), line.indexOf(';'));
    return new PackagedServer(process, url, Files.readString(data.resolve("admin.key")).strip());
  }

  String url() {
    return url;
  }

  /** A key that may do everything. */
  String key() {
    return key;
  }

  /** The entries of an event type, oldest first. */
  List<JsonNode> entries(String type) throws IOException, InterruptedException {
    String path = "/api/audit/export?event_type=" + URLEncoder.encode(type, UTF_8);
    return get(path).lines().map(PackagedServer::json).toList();
  }

  String get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path)).header("X-API-Key", key).build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IOException(path + ": " + response.body());
      }
      return response.body();
    }
  }

  static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  /** SIGKILL. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
