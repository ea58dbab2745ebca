package io.tallystick.client;

import java.io.IOException;
import java.io.RandomAccessFile;
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
 * <p>The cost of a call is the time for all calls divided by their number; the median is what one
 * call waits, which includes a sync of the device that it shares with others.
 */
final class SpooledAppendBenchmark {
  private static final int CALLS = 50_000;
  private static final int SYNCS = 3_000;

  /** About as many as an event of {@link #append} has. */
  private static final int RECORD_BYTES = 250;

  private SpooledAppendBenchmark() {}

  public static void main(String[] args) throws Exception {
    measure(64); // So that the code is compiled.
    for (int threads : new int[] {1, 8, 64}) {
      double sync = sync();
      double[] figures = measure(threads);
      System.out.printf(
          "%3d threads: %.1f µs a call (%,.0f calls/s), one call waits %.0f µs in the median;"
              + " a write and a sync alone %.0f µs%n",
          threads, figures[0], 1e6 / figures[0], figures[1], sync);
    }
  }

  /** The median of writing a record and forcing it, in microseconds. */
  private static double sync() throws IOException {
    Path path = Files.createTempFile("sync", ".events");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      long[] nanos = new long[SYNCS];
      byte[] record = new byte[RECORD_BYTES];
      for (int i = 0; i < SYNCS; i++) {
        long began = System.nanoTime();
        file.write(record);
        file.getFD().sync();
        nanos[i] = System.nanoTime() - began;
      }
      return median(nanos);
    } finally {
      Files.delete(path);
    }
  }

  /** The cost of a call and the median of one, in microseconds. */
  private static double[] measure(int threads) throws Exception {
    Path directory = Files.createTempDirectory("spool");
    int calls = (threads == 1 ? CALLS / 10 : CALLS) / threads;
    try (AuditClient client =
        AuditClient.builder()
            .url("http://127.0.0.1:1")
            .key(() -> "none")
            .mode(Mode.SPOOLED)
            .spool(directory)
            .build()) {
      long[] nanos = new long[calls * threads];
      long began = System.nanoTime();
      List<Thread> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int from = t * calls;
        Thread thread = new Thread(() -> append(client, nanos, from, calls));
        thread.start();
        running.add(thread);
      }
      for (Thread thread : running) {
        thread.join();
      }
      double micros = (System.nanoTime() - began) / 1e3;
      client.close(Duration.ZERO);
      return new double[] {micros / nanos.length, median(nanos)};
    }
  }

  private static double median(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[nanos.length / 2] / 1e3;
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
