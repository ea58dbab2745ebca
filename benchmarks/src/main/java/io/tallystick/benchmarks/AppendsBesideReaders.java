package io.tallystick.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long an append waits, with its force, while nobody reads, and while four exports and four
 * verifications run all the time. One client appends, one event a request. The readers read as fast
 * as they can, on the same cores.
 *
 * <pre>
 * ./tally --version &amp;&amp; ./mvnw -B -ntp -q -pl benchmarks -am -DskipTests package
 * java -cp benchmarks/target/benchmarks.jar io.tallystick.benchmarks.AppendsBesideReaders \
 *     rounds seconds entries ./tally
 * </pre>
 */
public final class AppendsBesideReaders {
  private static final int READERS_OF_EACH_KIND = 4;
  private static final int EVENTS_AT_ONCE = 1_000;
  private static final long BEGIN_MILLIS = 1_000;
  private static final String EVENT =
      "{\"event_type\":\"auth.login.success\",\"actor_id\":7,\"actor_username\":\"ann\","
          + "\"actor_ip\":\"203.0.113.77\",\"action\":\"password\"}";

  private AppendsBesideReaders() {}

  /** Runs the rounds, after one to warm up, and prints each and the ratio of the medians. */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[0]);
    double seconds = Double.parseDouble(args[1]);
    int entries = Integer.parseInt(args[2]);
    double[] atRest = new double[rounds];
    double[] besideReaders = new double[rounds];
    try (Server server = new Server(args[3])) {
      fill(server, entries);
      byte[] append = server.append("application/json", EVENT);
      for (int round = -1; round < rounds; round++) {
        PostLoad.Result rest = PostLoad.run(server.address, append, 1, 1, seconds);
        PostLoad.Result beside;
        int answers;
        try (Readers readers = new Readers(server)) {
          Thread.sleep(BEGIN_MILLIS);
          beside = PostLoad.run(server.address, append, 1, 1, seconds);
          answers = readers.answers.get();
        }
        System.out.printf(
            Locale.ROOT,
            "%3d at rest %s; beside readers %s, which got %d answers%n",
            round,
            rest,
            beside,
            answers);
        if (round >= 0) {
          atRest[round] = rest.p99Millis();
          besideReaders[round] = beside.p99Millis();
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "99 %% at rest %.2f ms, beside readers %.2f ms (medians), %.1f times%n",
        median(atRest),
        median(besideReaders),
        median(besideReaders) / median(atRest));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void fill(Server server, int entries) throws IOException {
    byte[] request = server.append("application/x-ndjson", (EVENT + "\n").repeat(EVENTS_AT_ONCE));
    int left = entries;
    while (left > 0) {
      double perSecond =
          PostLoad.run(server.address, request, 1, EVENTS_AT_ONCE, 1).eventsPerSecond();
      left -= (int) perSecond;
    }
  }

  /** Exports and verifications, one after the other on each of some threads, until it is closed. */
  private static final class Readers implements AutoCloseable {
    final AtomicInteger answers = new AtomicInteger();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> readers = new ArrayList<>();
    private final Server server;

    Readers(Server server) {
      this.server = server;
      for (int i = 0; i < READERS_OF_EACH_KIND; i++) {
        readers.add(threads.submit(() -> readAll("/api/audit/export?format=json")));
        readers.add(threads.submit(() -> readAll("/api/audit/verify?strict=true")));
      }
    }

    private Object readAll(String path) throws IOException {
      URI uri = URI.create("http:/" + server.address + path);
      byte[] nowhere = new byte[1 << 16];
      while (!enough.get()) {
        HttpURLConnection request = (HttpURLConnection) uri.toURL().openConnection();
        request.setRequestProperty("X-API-Key", server.key());
        try (InputStream answer = request.getInputStream()) {
          while (!enough.get() && answer.read(nowhere) >= 0) {
            // As fast as it can.
          }
        } finally {
          request.disconnect();
        }
        answers.incrementAndGet();
      }
      return answers;
    }

    /** Ends them; fails if one of them failed. */
    @Override
    public void close() {
      enough.set(true);
      threads.close();
      readers.forEach(Future::resultNow);
    }
  }
}
