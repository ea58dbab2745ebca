package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.LogReader;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * More than the server can handle: a thousand clients that send more than its device can take, and
 * a thousand that hardly send at all.
 */
class OverloadIT {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");
  private static final int CLIENTS = 1_000;
  private static final int HEAP_MEGABYTES = 256;

  /** Of the heap, what the JVM itself takes, and Jetty's buffers. */
  private static final int MEMORY_MEGABYTES = HEAP_MEGABYTES + 256;

  private static final int EVENTS = 32;
  private static final int DETAILS_BYTES = 8_000;

  @TempDir Path directory;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static HttpRequest.Builder request(ServerProcess server, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .header("X-API-Key", server.key());
  }

  private HttpResponse<String> append(ServerProcess server, byte[] body) throws Exception {
    return http.send(
        request(server, "/api/audit/events")
            .header("Content-Type", "application/x-ndjson")
            .timeout(Duration.ofMinutes(2))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static byte[] events(int count, int detailsBytes) {
    String event =
        "{\"event_type\":\"auth.logout\",\"details\":{\"x\":\""
            + "x".repeat(detailsBytes)
            + "\"}}\n";
    return event.repeat(count).getBytes(StandardCharsets.UTF_8);
  }

  /** All answers that the clients got. */
  private static final class Told {
    final AtomicLong acknowledged = new AtomicLong();
    final Map<Integer, AtomicLong> statuses = new ConcurrentSkipListMap<>();
    final Map<String, Integer> failures = new ConcurrentHashMap<>();

    void status(int status) {
      statuses.computeIfAbsent(status, any -> new AtomicLong()).incrementAndGet();
    }
  }

  @Test
  void aThousandClientsOnASlowDeviceAreAnsweredOrRefused() throws Exception {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "strace"))),
        "skipped: strace is missing");
    Path data = directory.resolve("log");
    Told told = new Told();
    long mostMemory = 0;
    try (ServerProcess server =
            ServerProcess.start(
                data,
                directory.resolve("errors"),
                HEAP_MEGABYTES,
                "strace",
                "-f",
                "--seccomp-bpf",
                "-o",
                "/dev/null",
                "-e",
                "trace=fdatasync",
                "-e",
                "inject=fdatasync:delay_enter=1000000",
                "--");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONG ? 120 : 6);
      byte[] body = events(EVENTS, DETAILS_BYTES);
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(
            threads.submit(() -> {
              while (System.nanoTime() < end) {
                client(server, body, told);
              }
              return null;
            }));
      }
      while (System.nanoTime() < end) {
        mostMemory = Math.max(mostMemory, server.anonymousMegabytes());
        Thread.sleep(100);
      }
      for (Future<?> client : clients) {
        client.get(180, TimeUnit.SECONDS);
      }
      System.out.printf(
          "%d clients: answers %s, failures %s, %,d events acknowledged, at most %d MiB of memory%n",
          CLIENTS, told.statuses, told.failures, told.acknowledged.get(), mostMemory);
      assertThat(told.failures).as(server.errors()).isEmpty();
      assertThat(told.statuses.keySet()).containsExactly(201, 503);
      assertThat(mostMemory).isBetween(1L, (long) MEMORY_MEGABYTES);
      assertThat(server.errors()).doesNotContain("OutOfMemoryError");
    }
    LogReader log = LogReader.open(data);
    assertThat(new LogVerifier(log).verify(VerifyRequest.all(), null).faults()).isEmpty();
    Map<String, Long> written = new TreeMap<>();
    log.forEach(
        1,
        Long.MAX_VALUE,
        entry -> {
          written.merge(entry.decode().event().eventType(), 1L, Long::sum);
          return true;
        });
    assertThat(written.remove("auth.logout")).isEqualTo(told.acknowledged.get());
    assertThat(written)
        .as("the log's own")
        .containsOnlyKeys("audit.log.created", "api_key.created", "security.rate_limited");
  }

  private void client(ServerProcess server, byte[] body, Told told) throws InterruptedException {
    try {
      HttpResponse<String> answer = append(server, body);
      told.status(answer.statusCode());
      if (answer.statusCode() == 201) {
        told.acknowledged.addAndGet(EVENTS);
      } else {
        String after = answer.headers().firstValue("Retry-After").orElse("no Retry-After");
        if (!after.matches("[1-9]")) {
          told.failures.merge(answer.statusCode() + " " + after, 1, Integer::sum);
        }
        Thread.sleep(500);
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      told.failures.merge(String.valueOf(e), 1, Integer::sum);
    }
  }

  @Test
  void whoeverHardlySendsKeepsNobodyElseWaiting() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try (ServerProcess server =
        ServerProcess.start(
            directory.resolve("log"), directory.resolve("errors"), HEAP_MEGABYTES)) {
      for (int i = 0; i < CLIENTS; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        slow.add(socket);
        String head = "POST /api/audit/events HTTP/1.1\r\nHost: x\r\nX-API-Key: " + server.key();
        String rest = "\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
        // Some stop in the header, some in the body, some before they begin.
        String sent = i % 3 == 0 ? head : i % 3 == 1 ? head + rest : "P";
        socket.getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
      }
      long slowest = 0;
      int answered = 0;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONG ? 100 : 5);
      long dripped = System.nanoTime();
      int gone = 0;
      while (System.nanoTime() < end) {
        long started = System.nanoTime();
        assertThat(append(server, events(1, 10)).statusCode()).isEqualTo(201);
        slowest = Math.max(slowest, System.nanoTime() - started);
        answered++;
        if (System.nanoTime() - dripped > TimeUnit.SECONDS.toNanos(1)) {
          gone = drip(slow);
          dripped = System.nanoTime();
        }
        Thread.sleep(5);
      }
      System.out.printf(
          "%d appends answered beside %d slow senders, of whom %d were disconnected; the slowest after %d ms, %d MiB%n",
          answered,
          CLIENTS,
          gone,
          TimeUnit.NANOSECONDS.toMillis(slowest),
          server.anonymousMegabytes());
      assertThat(answered).isGreaterThan(10);
      assertThat(server.anonymousMegabytes()).isLessThan(MEMORY_MEGABYTES);
      if (LONG) {
        assertThat(gone)
            .as("a client that sends a byte of its body a second is disconnected")
            .isGreaterThanOrEqualTo(CLIENTS / 3);
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  /** Sends one more byte on each connection, and counts those that are closed. */
  private static int drip(List<Socket> slow) {
    int gone = 0;
    for (Socket socket : slow) {
      try {
        socket.getOutputStream().write('x');
      } catch (IOException e) {
        gone++;
      }
    }
    return gone;
  }
}
