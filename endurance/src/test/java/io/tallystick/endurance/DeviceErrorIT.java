package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.http.TestServer;
import io.tallystick.store.LogReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A device that fails once: the n-th call of each kind that makes something durable ends with EIO.
 * Either the log stops for good, or what failed was not the log's; what was acknowledged is there
 * at the next start either way, and nothing that could not be forced is forced again.
 */
class DeviceErrorIT {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");

  /** Each call, and how often even a run as short as this one makes it. */
  private static final Map<String, Integer> CALLS =
      new TreeMap<>(
          Map.of("fdatasync", 60, "fsync", 60, "syncfs", 4, "pwrite64", 120, "rename", 30));

  /** The same, once a server is there, which then has to stop for it. */
  private static final Map<String, Integer> CALLS_OF_A_SERVER =
      new TreeMap<>(Map.of("fdatasync", 12, "pwrite64", 40, "syncfs", 2));

  /** {@code 123 fdatasync(7</path>) = -1 EIO (Input/output error) (INJECTED)}, or begun so. */
  private static final Pattern FORCE =
      Pattern.compile("[0-9]+ +(fdatasync|fsync)\\([0-9]+<([^>]*)>.*");

  @TempDir Path directory;
  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeEach
  void assumePossible() {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "strace"))),
        "skipped: strace is missing");
  }

  private static String[] strace(Path trace, String call, int n) {
    return new String[] {
      "strace",
      "-f",
      "-y",
      "--seccomp-bpf",
      "-o",
      trace.toString(),
      "-e",
      "trace=fdatasync,fsync," + call,
      "-e",
      "inject=" + call + ":error=EIO:when=" + n,
      "--"
    };
  }

  @Test
  void whatWasAcknowledgedSurvivesAnErrorAtAnyCall() throws Exception {
    Random random = new Random();
    int runs = 0;
    int stopped = 0;
    int neverStarted = 0;
    long told = 0;
    for (Map.Entry<String, Integer> call : CALLS.entrySet()) {
      int first = LONG ? 1 : 1 + random.nextInt(call.getValue());
      for (int n = first; n <= (LONG ? call.getValue() : first); n++) {
        Path data = directory.resolve(call.getKey() + "-" + n);
        Path trace = directory.resolve("trace");
        Subject subject =
            Subject.start(data, Subject.Mode.REMOVING, strace(trace, call.getKey(), n));
        subject.awaitWord("stopped", 1, LONG ? 4 : 3);
        long writers = subject.said("stopped");
        boolean alive = subject.isAlive();
        if (writers > 0) {
          assertThat(subject.said("refused")).as("whoever appends is told").isPositive();
          long last = subject.told().lastId();
          assertThat(last == 0 || LogReader.open(data).read(last).isPresent())
              .as("entry %d is read", last)
              .isTrue();
        }
        subject.kill();
        assertNothingIsForcedAgain(trace);
        runs++;
        stopped += writers > 0 ? 1 : 0;
        neverStarted += alive ? 0 : 1;
        if (subject.told().lastId() > 0) {
          Survivors.check(data, subject.told());
          told += subject.told().lastId();
        }
      }
    }
    System.out.printf(
        "%d errors injected: %d stopped the log, %d its start; %,d entries acknowledged, 0 lost%n",
        runs, stopped, neverStarted, told);
    assertThat(stopped).isPositive();
  }

  /** Segments only: small files are written anew, and that is another file. */
  private static void assertNothingIsForcedAgain(Path trace) throws IOException {
    List<String> failed = new ArrayList<>();
    Map<String, String> begun = new HashMap<>();
    for (String line : Files.readAllLines(trace)) {
      Matcher force = FORCE.matcher(line);
      String thread = line.split(" ", 2)[0];
      if (force.matches()) {
        assertThat(failed).as("forced again after it failed").doesNotContain(force.group(2));
        begun.put(thread, force.group(2));
      }
      String file = begun.getOrDefault(thread, "");
      if (line.contains("sync") && line.contains("(INJECTED)") && file.endsWith(".cq4")) {
        failed.add(file);
      }
    }
  }

  @Test
  void theServerSaysThatItTakesNothingMoreAndGoesOnReading() throws Exception {
    for (Map.Entry<String, Integer> call : CALLS_OF_A_SERVER.entrySet()) {
      Path data = directory.resolve("served-" + call.getKey());
      Path errors = directory.resolve("errors");
      Path trace = directory.resolve("trace");
      long last = 0;
      try (ServerProcess server =
          ServerProcess.start(data, errors, 256, strace(trace, call.getKey(), call.getValue()))) {
        HttpResponse<String> answer = append(server);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (answer.statusCode() == 201 && System.nanoTime() < end) {
          last = TestServer.JSON.readTree(answer.body()).path("last_id").asLong();
          answer = append(server);
        }
        assertThat(answer.statusCode()).as(call.getKey()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Content-Type"))
            .contains("application/problem+json");
        assertThat(answer.body()).contains("The log stopped, because");
        assertThat(append(server).statusCode()).as("for good").isEqualTo(503);
        assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);
        assertThat(get(server, "/healthz").statusCode()).isEqualTo(200);
        assertThat(get(server, "/metrics").body()).contains("tallystick_log_up 0");
        assertThat(get(server, "/api/audit/entries/" + last).statusCode()).isEqualTo(200);
        assertThat(get(server, "/api/audit?limit=5").statusCode()).isEqualTo(200);
      }
      assertNothingIsForcedAgain(trace);
      try (ServerProcess server = ServerProcess.start(data, errors, 256)) {
        assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);
        assertThat(get(server, "/api/audit/entries/" + last).statusCode()).isEqualTo(200);
        assertThat(append(server).statusCode()).isEqualTo(201);
        assertThat(get(server, "/api/audit/verify").body()).contains("\"valid\":true");
      }
    }
  }

  private static HttpRequest.Builder request(ServerProcess server, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .header("X-API-Key", server.key());
  }

  private HttpResponse<String> get(ServerProcess server, String path) throws Exception {
    return http.send(request(server, path).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> append(ServerProcess server) throws Exception {
    return http.send(
        request(server, "/api/audit/events")
            .header("Content-Type", "application/x-ndjson")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"event_type\":\"auth.logout\"}\n".repeat(20)))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
