package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.http.TestServer;
import io.tallystick.store.LogReader;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every attempt to silence the log that docs/reliability.md names, all at once, while a client
 * appends and lists as usual.
 */
class SilencingIT {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");
  private static final int HEAP_MEGABYTES = 512;
  private static final int SECONDS_AT_REST = LONG ? 30 : 4;
  private static final int SECONDS_UNDER_ATTACK = LONG ? 600 : 12;
  private static final int SEED_EVENTS = LONG ? 300_000 : 40_000;
  private static final int BATCH = 5_000;
  private static final int IDLE_SOCKETS = LONG ? 4_200 : 1_500;
  private static final int SIGN_INS = 1_005;
  private static final String EVENT = "{\"event_type\":\"auth.login.success\",\"actor_id\":1}";

  @TempDir Path directory;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger types = new AtomicInteger();

  private ServerProcess server;

  /** What the usual client was told. */
  private final class Client {
    final String key;
    final List<Long> ids = new ArrayList<>();
    final List<String> failures = new ArrayList<>();

    Client(String key) {
      this.key = key;
    }

    /**
     * Appends every five milliseconds, and lists and asks for health after each 20th event.
     *
     * @return how long each append took, in order of time taken
     */
    long[] work(int seconds) throws Exception {
      List<Long> nanos = new ArrayList<>();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      for (int i = 0; System.nanoTime() < end; i++) {
        long started = System.nanoTime();
        append();
        nanos.add(System.nanoTime() - started);
        if (i % 20 == 0) {
          check("/api/audit?limit=10");
          check("/healthz");
        }
        Thread.sleep(5);
      }
      return nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    }

    private void append() throws Exception {
      expect(
              201,
              request("/api/audit/events", key)
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(EVENT)))
          .ifPresent(body -> ids.add(body.path("id").longValue()));
    }

    private void check(String path) throws Exception {
      expect(200, request(path, key));
    }

    private Optional<JsonNode> expect(int status, HttpRequest.Builder request) throws Exception {
      String path = request.copy().build().uri().getPath();
      try {
        HttpResponse<String> answer = send(request);
        if (answer.statusCode() == status) {
          return Optional.of(TestServer.JSON.readTree(answer.body()));
        }
        failures.add(path + ": " + answer.statusCode() + " " + answer.body());
      } catch (IOException e) {
        failures.add(path + ": " + e);
      }
      return Optional.empty();
    }
  }

  /** What is done again and again until the end. */
  @FunctionalInterface
  private interface Attack {
    void once() throws Exception;
  }

  private HttpRequest.Builder request(String path, String key) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .header("X-API-Key", key)
        .timeout(Duration.ofSeconds(30));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private String createKey(String admin, String name, String permission) throws Exception {
    String body = "{\"name\":\"" + name + "\",\"permissions\":[\"" + permission + "\"]}";
    HttpResponse<String> answer =
        send(
            request("/api/audit/keys", admin)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    return TestServer.JSON.readTree(answer.body()).path("key").textValue();
  }

  private void seed(String key) throws Exception {
    String lines = (EVENT + "\n").repeat(BATCH);
    for (int i = 0; i < SEED_EVENTS; i += BATCH) {
      HttpResponse<String> answer =
          send(
              request("/api/audit/events", key)
                  .header("Content-Type", "application/x-ndjson")
                  .POST(HttpRequest.BodyPublishers.ofString(lines)));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    }
  }

  @Test
  void allAttacksTogetherDoNotSilenceAClient() throws Exception {
    Path data = directory.resolve("log");
    Client client;
    try (ServerProcess started =
        ServerProcess.start(data, directory.resolve("errors"), HEAP_MEGABYTES)) {
      server = started;
      client = new Client(server.key());
      seed(server.key());
      client.work(SECONDS_AT_REST);
      long[] atRest = client.work(SECONDS_AT_REST);
      long[] attacked = underAttack(data, client);
      System.out.printf(
          Locale.ROOT,
          "a forced append at rest: %s; under attack: %s; %d MiB%n",
          percentiles(atRest),
          percentiles(attacked),
          server.anonymousMegabytes());
      assertThat(client.failures).isEmpty();
      assertThat(server.isAlive()).isTrue();
      assertThat(server.errors()).doesNotContain("OutOfMemoryError");
    }
    LogReader log = LogReader.open(data);
    assertThat(new LogVerifier(log).verify(VerifyRequest.all(), null).faults()).isEmpty();
    for (long id : client.ids) {
      assertThat(log.read(id)).as("entry %d, which was acknowledged", id).isPresent();
    }
  }

  private long[] underAttack(Path data, Client client) throws Exception {
    String admin = Files.readString(data.resolve("admin.key")).strip();
    try (Attacker reader = attacker("127.0.0.2", createKey(admin, "reader", "admin.audit"));
        Attacker writer = attacker("127.0.0.3", createKey(admin, "writer", "audit.append"));
        Attacker stranger = attacker("127.0.0.4", "");
        Attacker guesser = attacker("127.0.0.5", "tally_" + "A".repeat(43));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_UNDER_ATTACK);
      List<Future<?>> attacks = new ArrayList<>();
      for (Attack attack : attacks(reader, writer, stranger, guesser)) {
        attacks.add(
            threads.submit(() -> {
              while (System.nanoTime() < end) {
                attack.once();
              }
              return null;
            }));
      }
      long[] nanos = client.work(SECONDS_UNDER_ATTACK);
      for (Attacker attacker : List.of(reader, writer, stranger, guesser)) {
        System.out.println(attacker);
        attacker.close();
      }
      for (Future<?> attack : attacks) {
        attack.get(60, TimeUnit.SECONDS);
      }
      return nanos;
    }
  }

  private Attacker attacker(String from, String key) {
    return new Attacker(server.port(), from, key);
  }

  private List<Attack> attacks(
      Attacker reader, Attacker writer, Attacker stranger, Attacker guesser) {
    List<Attack> attacks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String format = i % 2 == 0 ? "json" : "csv";
      attacks.add(() -> reader.get("/api/audit/export?format=" + format));
      attacks.add(() -> reader.get("/api/audit/verify?strict=true"));
    }
    attacks.add(() -> reader.getSlowly("/api/audit/export?format=csv"));
    attacks.add(() -> {
      reader.askAndLeave("HEAD", "/api/audit/verify?strict=true");
      Thread.sleep(20);
    });
    attacks.add(() -> {
      reader.follow("/api/audit/live");
      reader.closeAllBut(400);
      Thread.sleep(20);
    });
    attacks.add(() -> {
      writer.postHalf("/api/audit/events", 8 << 20, 256 << 10);
      writer.closeAllBut(38);
      Thread.sleep(20);
    });
    attacks.add(() -> writer.post("/api/audit/events", "application/x-ndjson", manyTypes()));
    attacks.add(() -> {
      for (int i = 0; i < SIGN_INS; i++) {
        writer.signIn();
      }
    });
    attacks.add(() -> {
      stranger.leaveOpen("nothing", "");
      stranger.closeAllBut(IDLE_SOCKETS);
      Thread.sleep(1);
    });
    attacks.add(() -> guesser.get("/api/audit"));
    return attacks;
  }

  private String manyTypes() {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      lines.append("{\"event_type\":\"flood.t").append(types.incrementAndGet()).append("\"}\n");
    }
    return lines.toString();
  }

  private static String percentiles(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        "%,d, median %.1f ms, 99 %% %.1f ms, slowest %.1f ms",
        sorted.length,
        sorted[sorted.length / 2] / 1e6,
        sorted[sorted.length * 99 / 100] / 1e6,
        sorted[sorted.length - 1] / 1e6);
  }
}
