package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server is ended with SIGKILL while it erases, at random moments. What its log records is
 * carried out after the next start, in the log and in the index, and nothing else is gone.
 */
@Timeout(600)
class EraseKillIT {
  private static final int KILLS = Boolean.getBoolean("tallystick.long") ? 50 : 4;
  private static final int EVENTS = 400;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;
  private final HttpClient client = HttpClient.newHttpClient();

  /** A server in a process of its own. */
  private final class Server {
    final Process process;
    final String url;
    final String key;

    Server() throws IOException {
      List<String> words = new ArrayList<>(Tally.java("-XX:+UseSerialGC", "-cp"));
      words.add(System.getProperty("java.class.path"));
      words.addAll(List.of(Main.class.getName(), "serve", "--port", "0"));
      words.addAll(List.of("--data", data.toString(), "--personal", "actor_username"));
      process = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String line =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)).readLine();
      assertThat(line).contains(" at http://");
      url = line.substring(line.indexOf("http://"), line.indexOf(';'));
      key = Files.readString(data.resolve("admin.key")).strip();
    }

    private HttpRequest.Builder request(String path) {
      return HttpRequest.newBuilder(URI.create(url + path))
          .header("X-API-Key", key)
          .header("Content-Type", "application/json");
    }

    JsonNode get(String path) throws Exception {
      HttpResponse<String> answer =
          client.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body());
    }

    CompletableFuture<HttpResponse<String>> post(String path, String body) {
      return client.sendAsync(
          request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
          HttpResponse.BodyHandlers.ofString());
    }

    int count(String name) throws Exception {
      return get("/api/audit?limit=1&actor_username=" + name).path("total").asInt();
    }
  }

  private static String events(String name) {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      String who = i % 2 == 0 ? name : "other";
      events.add("{\"event_type\":\"auth.logout\",\"actor_username\":\"" + who + "\"}");
    }
    return "[" + String.join(",", events) + "]";
  }

  private static String erasure(String name) {
    return "{\"actor_username\":\"" + name + "\",\"reason\":\"asked for\"}";
  }

  private boolean isOnDisk(String name) throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (contains(file, name)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean contains(Path file, String name) throws IOException {
    try {
      return new String(Files.readAllBytes(file), UTF_8).contains(name);
    } catch (NoSuchFileException e) {
      // Lucene has replaced it by another, which is read as well.
      return false;
    }
  }

  @Test
  void whatIsRecordedIsCarriedOutAfterAKill() throws Exception {
    Random random = new Random();
    int recorded = 0;
    int others = 0;
    Server server = new Server();
    try {
      for (int kill = 0; kill < KILLS; kill++) {
        String name = "zwetschge" + kill + "x";
        assertThat(server.post("/api/audit/events", events(name)).get().statusCode())
            .isEqualTo(201);
        others += EVENTS / 2;
        assertThat(server.count(name)).isEqualTo(EVENTS / 2);
        int before = server.get("/api/audit/erasures").path("erasures").size();
        CompletableFuture<HttpResponse<String>> erasing =
            server.post("/api/audit/erasures", erasure(name));
        Thread.sleep(random.nextInt(250));
        server.process.destroyForcibly().waitFor();
        boolean answered =
            erasing
                .handle((answer, failure) -> failure == null && answer.statusCode() == 200)
                .get();

        server = new Server();
        boolean done = server.get("/api/audit/erasures").path("erasures").size() > before;
        assertThat(done || !answered).as("an answer is kept").isTrue();
        assertThat(server.count(name)).as("%s erased", done).isEqualTo(done ? 0 : EVENTS / 2);
        if (done) {
          recorded++;
        } else {
          assertThat(server.post("/api/audit/erasures", erasure(name)).get().statusCode())
              .isEqualTo(200);
        }
        assertThat(isOnDisk(name)).isFalse();
        assertThat(server.count("other")).isEqualTo(others);
      }
      assertThat(server.get("/api/audit/verify").path("valid").asBoolean()).isTrue();
    } finally {
      server.process.destroyForcibly().waitFor();
    }
    System.out.printf("%d kills, %d erasures were recorded before them%n", KILLS, recorded);
  }
}
