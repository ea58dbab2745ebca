package io.tallystick.client;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What append costs in mode spooled while the server is away: {@code java -cp
 * target/classes:target/test-classes:JACKSON_CORE io.tallystick.client.SpooledAppendBenchmark}.
 *
 * <p>The median is what one call waits, which includes a sync of the device that it shares with
 * others; the other figure is the time for all calls divided by their number.
 */
final class SpooledAppendBenchmark {
  private static final int CALLS = 50_000;

  private SpooledAppendBenchmark() {}

  public static void main(String[] args) throws Exception {
    for (int threads : new int[] {64, 1, 16, 64, 256}) {
      Path directory = Files.createTempDirectory("spool");
      try (AuditClient client =
          AuditClient.builder()
              .url("http://127.0.0.1:1")
              .key(() -> "none")
              .mode(Mode.SPOOLED)
              .spool(directory)
              .build()) {
        long[] nanos = new long[CALLS / threads * threads];
        long began = System.nanoTime();
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
          int from = t * (CALLS / threads);
          Thread thread = new Thread(() -> append(client, nanos, from, CALLS / threads));
          thread.start();
          running.add(thread);
        }
        for (Thread thread : running) {
          thread.join();
        }
        double micros = (System.nanoTime() - began) / 1e3;
        Arrays.sort(nanos);
        System.out.printf(
            "%3d threads: median %.1f µs a call, %.1f µs for all divided by calls%n",
            threads, nanos[nanos.length / 2] / 1e3, micros / nanos.length);
        client.close(Duration.ZERO);
      }
    }
  }

  private static void append(AuditClient client, long[] nanos, int from, int calls) {
    for (int i = from; i < from + calls; i++) {
      Event event = Event.of("order.paid").actorId(12).targetType("order").targetId("7f3a");
      long began = System.nanoTime();
      client.append(event.detail("amount", 1250).detail("currency", "EUR"));
      nanos[i] = System.nanoTime() - began;
    }
  }
}
