package io.tallystick.benchmarks;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.http.AuditServer;
import io.tallystick.http.ServerConfig;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How long the server takes to answer the requests of the page, over HTTP, on a log of a week: the
 * list when it is opened, the list after a filter was changed, the overview. Most entries have
 * details, and some filters ask for a value or a word in them. First while nothing is appended,
 * then under constant appends. A directory that you name is kept, so that the next run need not
 * fill it again, which takes minutes.
 *
 * <pre>
 * ./mvnw -B -ntp -q -pl benchmarks -am -DskipTests package
 * java @jvm.options -cp benchmarks/target/benchmarks.jar io.tallystick.benchmarks.PageAnswers [entries] [rounds] [directory]
 * </pre>
 */
public final class PageAnswers {
  private static final int BATCH = 1_000;
  private static final int WARMUP = 30;
  private static final int ARRIVING_A_SECOND = 1_000;
  private static final Duration WEEK = Duration.ofDays(7);

  private static final String[] TYPES = {
    "auth.api_key.used", "auth.api_key.used", "auth.api_key.used", "job.submitted",
    "job.approved", "credential.used", "auth.login.success", "auth.logout",
    "user.updated", "config.changed"
  };

  private final SplittableRandom random = new SplittableRandom(1);
  private final HttpClient client = HttpClient.newHttpClient();
  private final String server;
  private final String key;

  private PageAnswers(int port, String key) {
    this.server = "http://127.0.0.1:" + port;
    this.key = key;
  }

  /** Fills a log, sends the requests, and prints the distribution of the times. */
  public static void main(String[] args) throws Exception {
    int entries = args.length > 0 ? Integer.parseInt(args[0]) : 5_000_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 300;
    if (args.length > 2) {
      Path kept = Path.of(args[2]);
      fill(kept, entries);
      run(kept, rounds);
      return;
    }
    Path directory = Directories.create("page");
    try {
      fill(directory, entries);
      run(directory, rounds);
    } finally {
      Directories.delete(directory);
    }
  }

  /** Appends what is missing of a week's entries, by a clock that ends at the real time. */
  private static void fill(Path directory, int entries) throws Exception {
    Instant start = Instant.now().minus(WEEK);
    Instant[] now = {start};
    InstantSource hands = () -> now[0];
    LogConfig config = LogConfig.builder().clock(hands.withZone(ZoneOffset.UTC)).build();
    try (AuditLog log = AuditLog.open(directory, config)) {
      for (int i = (int) Math.min(entries, log.lastId()); i < entries; i += BATCH) {
        now[0] = start.plus(WEEK.multipliedBy(i / BATCH).dividedBy(entries / BATCH));
        List<Event> batch = new ArrayList<>();
        for (int j = 0; j < BATCH; j++) {
          batch.add(event(i + j));
        }
        log.append(batch, null).get();
      }
    }
  }

  private static Event event(long i) {
    if (i % 50 == 0) {
      return Event.builder("auth.login.failed")
          .actorUsername("account-" + i / 50 % 700)
          .actorIp("198.51." + i / 50 % 20 + "." + i / 1_000 % 250)
          .build();
    }
    return Event.builder(TYPES[(int) (i * 7 % TYPES.length)])
        .actorId(100_000 + i % 1_000)
        .actorUsername("service-" + i % 1_000)
        .actorIp("203.0.113." + i % 200)
        .targetType("job")
        .targetId("job-" + i % 50_000)
        .action("GET /v1/things")
        .details(
            Details.parse(
                "{\"region\":\"eu-%d\",\"status\":%d,\"path\":\"/v1/things/%d\",\"note\":\"sent by worker %d\"}"
                    .formatted(i % 7, i % 90 == 0 ? 503 : 200, i % 20_000, i % 300)))
        .build();
  }

  private static void run(Path directory, int rounds) throws Exception {
    try (AuditLog log =
            AuditLog.open(directory, LogConfig.builder().clock(Clock.systemUTC()).build());
        AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
      while (index.indexedThrough() < log.lastId()) {
        Thread.sleep(100);
      }
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      try (AuditServer server =
          AuditServer.start(log, index, keys, ServerConfig.builder().port(0).build())) {
        String key = Files.readString(log.reader().directory().adminKey()).strip();
        PageAnswers page = new PageAnswers(server.port(), key);
        System.out.printf("%,d entries; ms: first, median, 90 %%, 99 %%, most%n", log.lastId());
        page.measure(rounds);
        System.out.printf("the same while %,d entries a second arrive%n", ARRIVING_A_SECOND);
        Thread writer = Thread.ofPlatform().start(() -> arrive(log));
        page.measure(rounds);
        writer.interrupt();
        writer.join();
      }
    }
  }

  private static void arrive(AuditLog log) {
    try {
      for (long i = 0; !Thread.interrupted(); i += 10) {
        List<Event> batch = new ArrayList<>();
        for (int j = 0; j < 10; j++) {
          batch.add(event(i + j));
        }
        log.append(batch, null).join();
        TimeUnit.MILLISECONDS.sleep(10_000 / ARRIVING_A_SECOND);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void measure(int rounds) throws Exception {
    Map<String, Supplier<String>> questions = new LinkedHashMap<>();
    questions.put("the list, opened", () -> "/api/audit?limit=50");
    questions.put("the types to choose from", () -> "/api/audit/types");
    questions.put("the list, filter changed", () -> "/api/audit?limit=50&" + filter());
    questions.put("overview: the cards", () -> "/api/audit/stats");
    questions.put(
        "overview: 7 days", () -> "/api/audit/overview?since=" + Instant.now().minus(WEEK));
    questions.put("overview: everything", () -> "/api/audit/overview");
    for (Map.Entry<String, Supplier<String>> question : questions.entrySet()) {
      double first = ask(question.getValue().get());
      for (int i = 0; i < WARMUP; i++) {
        ask(question.getValue().get());
      }
      double[] millis = new double[rounds];
      for (int i = 0; i < rounds; i++) {
        millis[i] = ask(question.getValue().get());
      }
      Arrays.sort(millis);
      System.out.printf(
          "%-26s %6.1f %6.1f %6.1f %6.1f %6.1f%n",
          question.getKey(),
          first,
          millis[rounds / 2],
          millis[rounds * 9 / 10],
          millis[rounds * 99 / 100],
          millis[rounds - 1]);
    }
  }

  /** Filters as people set them: mostly one, sometimes a few at once. */
  private String filter() {
    String since = "since=" + Instant.now().minus(Duration.ofHours(1 + random.nextInt(160)));
    return switch (random.nextInt(9)) {
      case 0 -> "event_type=auth.login.failed";
      case 1 -> "event_type=auth.login.failed&event_type=auth.login.success&" + since;
      case 2 -> "actor_username=service-" + random.nextInt(1_000);
      case 3 -> "actor_ip=203.0.113." + random.nextInt(200) + "&event_type=job.*";
      case 4 -> "target_type=job&target_id=job-" + random.nextInt(50_000);
      case 5 -> "security=true&" + since;
      case 6 -> "details.path=/v1/things/" + random.nextInt(20_000);
      case 7 -> "q=worker+" + random.nextInt(300) + "&" + since;
      default -> since;
    };
  }

  private double ask(String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server + path)).header("X-API-Key", key).build();
    long started = System.nanoTime();
    HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    double millis = (double) (System.nanoTime() - started) / TimeUnit.MILLISECONDS.toNanos(1);
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(path + ": " + answer.statusCode());
    }
    return millis;
  }
}
