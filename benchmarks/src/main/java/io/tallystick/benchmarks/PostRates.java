package io.tallystick.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How many events a server takes over HTTP, and how long each request waits, for one or more builds
 * of Tallystick whose servers take turns: all of them run, and one at a time has the load. Each
 * acknowledged event is forced. Two loads: one event a request from many connections, and NDJSON.
 *
 * <pre>
 * ./tally --version &amp;&amp; ./mvnw -B -ntp -q -pl benchmarks -am -DskipTests package
 * java -cp benchmarks/target/benchmarks.jar io.tallystick.benchmarks.PostRates \
 *     rounds seconds /path/to/before/tally ./tally
 * </pre>
 */
public final class PostRates {
  private static final int CONNECTIONS = 64;
  private static final int NDJSON_CONNECTIONS = 4;
  private static final int NDJSON_EVENTS = 1_000;

  /** The compiler is busy for the first ten to twenty seconds of a load. */
  private static final int WARM_UP_ROUNDS = 12;

  /** A running server, and its results so far. */
  private static final class Build {
    final String name;
    final Server server;
    final List<PostLoad.Result> single = new ArrayList<>();
    final List<PostLoad.Result> lines = new ArrayList<>();

    Build(String name, Server server) {
      this.name = name;
      this.server = server;
    }
  }

  private PostRates() {}

  /** Runs the rounds, and prints each and the ratios to the first build. */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[0]);
    double seconds = Double.parseDouble(args[1]);
    Map<String, Server> servers = new LinkedHashMap<>();
    try {
      for (String launcher : Arrays.asList(args).subList(2, args.length)) {
        servers.put(launcher, new Server(launcher));
      }
      compare(servers, rounds, seconds);
    } finally {
      for (Server server : servers.values()) {
        server.close();
      }
    }
  }

  /** Gives the loads to the servers in turns, and prints each round and the ratios to the first. */
  static void compare(Map<String, Server> servers, int rounds, double seconds) throws Exception {
    List<Build> builds = new ArrayList<>();
    servers.forEach((name, server) -> builds.add(new Build(name, server)));
    for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (Build build : builds) {
        run(build, round, seconds);
      }
    }
    for (Build build : builds) {
      System.out.printf(
          Locale.ROOT, "%s, %,d MB in memory%n", build.name, build.server.residentMegabytes());
      report("one event a request", build.single, builds.getFirst().single);
      report("NDJSON", build.lines, builds.getFirst().lines);
    }
  }

  private static void run(Build build, int round, double seconds)
      throws IOException, InterruptedException {
    String event =
        "{\"event_type\":\"auth.api_key.used\",\"actor_id\":100001,\"actor_username\":\"service-1\","
            + "\"actor_ip\":\"203.0.113.77\",\"target_type\":\"api_key\",\"target_id\":\"key-17\","
            + "\"action\":\"GET /v1/things\"}";
    build.server.settle();
    PostLoad.Result single =
        PostLoad.run(
            build.server.address,
            build.server.append("application/json", event),
            CONNECTIONS,
            1,
            seconds);
    build.server.settle();
    PostLoad.Result lines =
        PostLoad.run(
            build.server.address,
            build.server.append("application/x-ndjson", (event + "\n").repeat(NDJSON_EVENTS)),
            NDJSON_CONNECTIONS,
            NDJSON_EVENTS,
            seconds);
    // What it has yet to index must not burden the next one's round.
    build.server.settle();
    System.out.printf(
        Locale.ROOT, "%3d %s: single %s; NDJSON %s%n", round, build.name, single, lines);
    if (round >= 0) {
      build.single.add(single);
      build.lines.add(lines);
    }
  }

  private static void report(
      String load, List<PostLoad.Result> results, List<PostLoad.Result> first) {
    double[] rates = results.stream().mapToDouble(PostLoad.Result::eventsPerSecond).toArray();
    double[] medians = results.stream().mapToDouble(PostLoad.Result::medianMillis).toArray();
    double[] ratios = new double[rates.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = rates[i] / first.get(i).eventsPerSecond();
    }
    System.out.printf(
        Locale.ROOT,
        "  %s: events/s %s; median wait ms %s; ratio to the first %s%n",
        load,
        spread(rates, "%,.0f"),
        spread(medians, "%.2f"),
        spread(ratios, "%.2f"));
  }

  private static String spread(double[] values, String format) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        format + " (" + format + " – " + format + ")",
        sorted[sorted.length / 2],
        sorted[0],
        sorted[sorted.length - 1]);
  }
}
