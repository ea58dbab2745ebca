package io.tallystick.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a server that was killed with SIGKILL under load takes until it is ready again, as its
 * users start it: by the launcher, with its class cache. The same log is killed again and again,
 * and each start must find everything that was acknowledged. Run it where {@code ./tally} is.
 *
 * <pre>
 * ./mvnw -B -ntp -q -pl benchmarks -am -DskipTests package && ./tally --version
 * java @jvm.options -cp benchmarks/target/benchmarks.jar io.tallystick.benchmarks.Restarts [kills]
 * </pre>
 */
public final class Restarts {
  private static final int WRITERS = 8;
  private static final int BATCH = 64;
  private static final int MAX_LOAD_MILLIS = 2_000;
  private static final Pattern ADDRESS = Pattern.compile("http://[0-9.]+:[0-9]+");
  private static final Pattern LAST_ID = Pattern.compile("\"last_id\":([0-9]+)");
  private static final Pattern ID = Pattern.compile("\"id\":([0-9]+)");

  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicLong acknowledged = new AtomicLong();
  private final Path data;

  private Restarts(Path data) {
    this.data = data;
  }

  /** Kills and starts again, and prints the distribution of the times. */
  public static void main(String[] args) throws Exception {
    int kills = args.length > 0 ? Integer.parseInt(args[0]) : 25;
    Path data = Directories.create("restarts");
    try {
      new Restarts(data).run(kills);
      verify(data);
    } finally {
      Directories.delete(data);
    }
  }

  private void run(int kills) throws Exception {
    double[] millis = new double[kills];
    for (int kill = -1; kill < kills; kill++) {
      long started = System.nanoTime();
      Process server =
          new ProcessBuilder("./tally", "serve", "--data", data.toString(), "--port", "0")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try {
        String address = awaitReady(server);
        if (kill >= 0) {
          millis[kill] = (double) (System.nanoTime() - started) / TimeUnit.MILLISECONDS.toNanos(1);
        }
        check(address);
        load(address, server);
      } finally {
        server.destroyForcibly().waitFor();
      }
    }
    Arrays.sort(millis);
    System.out.printf(
        "%d kills, %,d entries acknowledged, 0 lost; ms until ready: median %.0f, 90 %% %.0f, most %.0f%n",
        kills, acknowledged.get(), millis[kills / 2], millis[kills * 9 / 10], millis[kills - 1]);
  }

  private String awaitReady(Process server) throws Exception {
    BufferedReader out = server.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher address = ADDRESS.matcher(line);
      if (address.find()) {
        URI ready = URI.create(address.group() + "/readyz");
        while (get(ready).statusCode() != 200) {
          Thread.sleep(5);
        }
        return address.group();
      }
    }
    throw new IllegalStateException("the server ended");
  }

  private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri).header("X-API-Key", key()).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private String key() throws IOException {
    return Files.readString(data.resolve("admin.key")).strip();
  }

  private void check(String address) throws Exception {
    Matcher newest = ID.matcher(get(URI.create(address + "/api/audit?limit=1")).body());
    if (!newest.find() || Long.parseLong(newest.group(1)) < acknowledged.get()) {
      throw new IllegalStateException("entry " + acknowledged + " was acknowledged and is lost");
    }
  }

  /** Writes as fast as it can, and kills the server at a random moment. */
  private void load(String address, Process server) throws Exception {
    String batch =
        "{\"event_type\":\"auth.api_key.used\",\"actor_id\":100001,\"actor_username\":\"service-1\","
            + "\"actor_ip\":\"203.0.113.77\",\"target_type\":\"api_key\",\"target_id\":\"key-17\"}\n";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + "/api/audit/events"))
            .header("X-API-Key", key())
            .header("Content-Type", "application/x-ndjson")
            .POST(HttpRequest.BodyPublishers.ofString(batch.repeat(BATCH)))
            .build();
    AtomicBoolean killed = new AtomicBoolean();
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      writers.add(Thread.ofPlatform().start(() -> write(request, killed)));
    }
    Thread.sleep(ThreadLocalRandom.current().nextInt(MAX_LOAD_MILLIS));
    killed.set(true);
    server.destroyForcibly().waitFor();
    for (Thread writer : writers) {
      writer.join();
    }
  }

  private void write(HttpRequest request, AtomicBoolean killed) {
    try {
      while (true) {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        Matcher last = LAST_ID.matcher(answer.body());
        if (last.find()) {
          acknowledged.accumulateAndGet(Long.parseLong(last.group(1)), Math::max);
        }
      }
    } catch (IOException e) {
      if (!killed.get()) {
        throw new IllegalStateException("the server did not answer", e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void verify(Path data) throws Exception {
    int code =
        new ProcessBuilder("./tally", "verify", "--data", data.toString())
            .inheritIO()
            .start()
            .waitFor();
    if (code != 0) {
      throw new IllegalStateException("the log does not verify");
    }
  }
}
