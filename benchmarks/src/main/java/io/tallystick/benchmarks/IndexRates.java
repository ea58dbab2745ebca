package io.tallystick.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How quickly a log is indexed, with each of the ways to index details, in turns: entries a second,
 * and the processor time of an entry, merges included.
 *
 * <pre>
 * ./mvnw -B -ntp -q -pl benchmarks -am -DskipTests package
 * java @jvm.options -cp benchmarks/target/benchmarks.jar io.tallystick.benchmarks.IndexRates \
 *     rounds entries details
 * </pre>
 *
 * <p>{@code details}: {@code true} for events with a details object of eight values.
 */
public final class IndexRates {
  private static final int BATCH = 1_000;

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private IndexRates() {}

  /** Runs the rounds, after one to warm up, and prints each. */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[0]);
    int entries = Integer.parseInt(args[1]);
    boolean details = Boolean.parseBoolean(args[2]);
    Path directory = Directories.create("index-rates");
    Map<IndexedDetails, List<Double>> micros = new EnumMap<>(IndexedDetails.class);
    try (AuditLog log = AuditLog.open(directory, LogConfig.defaults())) {
      for (int i = 0; i < entries; i += BATCH) {
        List<Event> batch = new ArrayList<>();
        for (int j = 0; j < BATCH; j++) {
          batch.add(event(i + j, details));
        }
        log.append(batch, null).get();
      }
      for (int round = -1; round < rounds; round++) {
        for (IndexedDetails level : IndexedDetails.values()) {
          double each = index(log, directory.resolve("index-" + round + level), level);
          if (round >= 0) {
            micros.computeIfAbsent(level, any -> new ArrayList<>()).add(each);
          }
        }
      }
    } finally {
      Directories.delete(directory);
    }
    micros.forEach((level, values) ->
        System.out.printf(
            Locale.ROOT,
            "%-6s processor time an entry %.2f µs (%.2f – %.2f)%n",
            level,
            values.stream().sorted().toList().get(values.size() / 2),
            values.stream().min(Double::compare).orElseThrow(),
            values.stream().max(Double::compare).orElseThrow()));
  }

  private static Event event(int i, boolean details) {
    Event event = Events.apiKeyUse(i);
    if (!details) {
      return event;
    }
    return Event.builder(event.eventType())
        .actorId(100_000 + i % 1_000)
        .actorUsername(event.actorUsername())
        .actorIp(event.actorIp())
        .userAgent("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126." + i % 20)
        .targetType("api_key")
        .targetId("key-17")
        .action(event.action())
        .details(
            Details.parse(
                "{\"status\":200,\"method\":\"GET\",\"path\":\"/v1/things/"
                    + i
                    + "\",\"region\":\"eu-central-1\",\"scopes\":[\"read\",\"write\"],"
                    + "\"client\":{\"name\":\"curl\",\"version\":\"8.1\"}}"))
        .build();
  }

  /** Microseconds of processor time an entry. */
  private static double index(AuditLog log, Path directory, IndexedDetails level) throws Exception {
    long began = System.nanoTime();
    long processor = SYSTEM.getProcessCpuTime();
    try (AuditIndex index = AuditIndex.open(log.reader(), directory, level)) {
      while (index.indexedThrough() < log.lastId()) {
        Thread.sleep(1);
      }
    }
    double micros = (SYSTEM.getProcessCpuTime() - processor) / 1e3 / log.lastId();
    double seconds = (System.nanoTime() - began) / (double) TimeUnit.SECONDS.toNanos(1);
    System.out.printf(
        Locale.ROOT,
        "%-6s %,.0f entries/s, processor time an entry %.2f µs%n",
        level,
        log.lastId() / seconds,
        micros);
    return micros;
  }
}
