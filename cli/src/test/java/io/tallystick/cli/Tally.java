package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The real command in processes of its own, and a real server. */
final class Tally {
  private Tally() {}

  /** What a command did. */
  record Result(int code, String out, String err) {}

  static ProcessBuilder command(List<String> arguments) {
    ProcessBuilder builder = new ProcessBuilder(words(arguments));
    builder.environment().keySet().removeIf(name -> name.startsWith("TALLY_"));
    return builder;
  }

  /** The words that run the packaged command, with a cache of classes that its first run leaves. */
  static List<String> words(List<String> arguments) {
    Path target = Path.of("target").toAbsolutePath();
    List<String> words =
        java(
            "-Xlog:disable",
            "-Xlog:all=warning,cds*=off:stderr",
            "-XX:+UseSerialGC",
            "-XX:+AutoCreateSharedArchive",
            "-XX:SharedArchiveFile=" + target.resolve("tests.jsa"),
            "-jar",
            target.resolve("tally.jar").toString());
    words.addAll(arguments);
    return words;
  }

  /** The words that run Java as the launcher does. */
  static List<String> java(String... further) {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + options.toAbsolutePath().normalize(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of(further));
    return words;
  }

  /** Runs a command to its end. */
  static Result run(Map<String, String> environment, String input, String... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = command(List.of(arguments));
    builder.environment().putAll(environment);
    Path out = Files.createTempFile("tally", ".out");
    Path err = Files.createTempFile("tally", ".err");
    try {
      Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      process.getOutputStream().write(input.getBytes(UTF_8));
      process.getOutputStream().close();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("still running: " + String.join(" ", arguments));
      }
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /** A server in a process of its own. */
  static final class Server implements AutoCloseable {
    private final Process process;
    private final Path errors;
    private final String url;
    private final String key;

    private Server(Process process, Path errors, String url, String key) {
      this.process = process;
      this.errors = errors;
      this.url = url;
      this.key = key;
    }

    static Server start(Path data, String... more) throws IOException {
      return start(data, Map.of(), more);
    }

    static Server start(Path data, Map<String, String> environment, String... more)
        throws IOException {
      List<String> arguments =
          new ArrayList<>(List.of("serve", "--data", data.toString(), "--port", "0"));
      arguments.addAll(List.of(more));
      ProcessBuilder builder = command(arguments);
      builder.environment().putAll(environment);
      Path errors = Files.createTempFile("tally", ".err");
      errors.toFile().deleteOnExit();
      Process process = builder.redirectError(errors.toFile()).start();
      BufferedReader out =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      String line = out.readLine();
      if (line == null || !line.contains(" at http://")) {
        process.destroyForcibly();
        throw new IOException("the server did not start: " + line);
      }
      String url = line.substring(line.indexOf("http://"), line.indexOf(';'));
      String key = Files.readString(data.resolve("admin.key")).strip();
      return new Server(process, errors, url, key);
    }

    String url() {
      return url;
    }

    String key() {
      return key;
    }

    /** What it wrote to its error stream. */
    String errors() throws IOException {
      return Files.readString(errors);
    }

    Map<String, String> environment() {
      return Map.of("TALLY_URL", url, "TALLY_API_KEY", key);
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
      return send(HttpRequest.newBuilder(URI.create(url + path)).header("X-API-Key", key).build());
    }

    /** The exact bytes of an entry. */
    byte[] entry(long id) throws IOException, InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + "/api/audit/entries/" + id))
              .header("X-API-Key", key)
              .header("Accept", "application/octet-stream")
              .build();
      try (HttpClient client = HttpClient.newHttpClient()) {
        return client.send(request, HttpResponse.BodyHandlers.ofByteArray()).body();
      }
    }

    HttpResponse<String> post(String events) throws IOException, InterruptedException {
      return send(
          HttpRequest.newBuilder(URI.create(url + "/api/audit/events"))
              .header("X-API-Key", key)
              .header("Content-Type", "application/x-ndjson")
              .POST(HttpRequest.BodyPublishers.ofString(events))
              .build());
    }

    private static HttpResponse<String> send(HttpRequest request)
        throws IOException, InterruptedException {
      try (HttpClient client = HttpClient.newHttpClient()) {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
      }
    }

    /** Sends a signal, for instance HUP. */
    void signal(String name) throws IOException, InterruptedException {
      int code =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
      if (code != 0) {
        throw new IOException("kill exits with " + code);
      }
    }

    /** SIGTERM, and the exit code. */
    int stop() throws InterruptedException {
      process.destroy();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      return process.waitFor();
    }

    @Override
    public void close() {
      process.destroy();
      process.onExit().join();
    }
  }

  /** A witness in a process of its own. */
  static final class Witness implements AutoCloseable {
    private final Process process;
    private final String url;
    private final String key;

    private Witness(Process process, String url, String key) {
      this.process = process;
      this.url = url;
      this.key = key;
    }

    static Witness start(String... more) throws IOException {
      List<String> arguments = new ArrayList<>(List.of("witness", "--port", "0"));
      arguments.addAll(List.of(more));
      Path errors = Files.createTempFile("tally-witness", ".err");
      errors.toFile().deleteOnExit();
      Process process = command(arguments).redirectError(errors.toFile()).start();
      BufferedReader out =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      String line = out.readLine();
      String key = out.readLine();
      if (line == null || key == null) {
        process.destroyForcibly();
        throw new IOException("the witness did not start: " + Files.readString(errors));
      }
      String port = line.replaceAll("\\D+", "");
      return new Witness(process, "http://127.0.0.1:" + port, key);
    }

    String url() {
      return url;
    }

    String key() {
      return key;
    }

    @Override
    public void close() {
      process.destroy();
      process.onExit().join();
    }
  }
}
