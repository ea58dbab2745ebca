package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Imports, and followers of files, that are ended with SIGKILL: every record is there once. */
@Timeout(600)
class ImportKillIT {
  private static final int KILLS = Boolean.getBoolean("tallystick.long") ? 30 : 4;
  private static final int RECORDS = 40_000;

  @TempDir Path directory;

  private Process start(String... arguments) throws IOException {
    List<String> words = new ArrayList<>(Tally.java("-XX:+UseSerialGC", "-cp"));
    words.add(System.getProperty("java.class.path"));
    words.add(Main.class.getName());
    words.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().keySet().removeIf(name -> name.startsWith("TALLY_"));
    return builder
        .redirectError(directory.resolve("errors").toFile())
        .redirectOutput(
            arguments[0].equals("serve")
                ? ProcessBuilder.Redirect.PIPE
                : ProcessBuilder.Redirect.to(directory.resolve("out").toFile()))
        .start();
  }

  /** One that finds no id in a record, so that it is known by its place. */
  private String mapping() throws IOException {
    Path file = directory.resolve("team.yaml");
    Files.writeString(
        file,
        "name: team\nmatch: .action\nmap:\n  event_type: type(.action)\n  actor_username: .actor\n");
    return file.toString();
  }

  private static String line(int number) {
    return "{\"action\":\"team.add\",\"actor\":\"a" + number + "\"}\n";
  }

  /** The records that are in the log, in order, by their number. */
  private List<Integer> numbers() {
    Map<String, String> log = Map.of("TALLY_DATA", directory.resolve("log").toString());
    InProcess.Result exported =
        InProcess.run(log, "", "export", "--format", "ndjson", "--event-type", "team.add");
    assertThat(exported.code()).as(exported.err()).isZero();
    List<Integer> numbers = new ArrayList<>();
    for (String entry : exported.out().lines().toList()) {
      int at = entry.indexOf("\"actor_username\":\"a") + "\"actor_username\":\"a".length();
      numbers.add(Integer.parseInt(entry.substring(at, entry.indexOf('"', at))));
    }
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anImportThatIsKilledGoesOnWhereItWas(boolean intoServer) throws Exception {
    Path file = directory.resolve("events.ndjson");
    StringBuilder text = new StringBuilder();
    IntStream.range(0, RECORDS).forEach(i -> text.append(line(i)));
    Files.writeString(file, text);
    String log = directory.resolve("log").toString();
    List<String> words =
        new ArrayList<>(List.of("import", "--format", "ndjson", "--map", mapping(), "--state"));
    words.addAll(List.of(directory.resolve("state").toString(), file.toString()));
    Process server = null;
    if (intoServer) {
      server = start("serve", "--data", log, "--port", "0");
      String ready =
          new BufferedReader(new InputStreamReader(server.getInputStream(), UTF_8)).readLine();
      String url = ready.substring(ready.indexOf("http://"), ready.indexOf(';'));
      words.addAll(List.of("--url", url, "--api-key-file", log + "/admin.key"));
    } else {
      words.addAll(List.of("--data", log));
    }
    int killed = 0;
    Random random = new Random();
    try {
      for (int i = 0; i < KILLS; i++) {
        Process running = start(words.toArray(String[]::new));
        if (!running.waitFor(700 + random.nextInt(1_500), TimeUnit.MILLISECONDS)) {
          running.destroyForcibly().waitFor();
          killed++;
        }
      }
      Process last = start(words.toArray(String[]::new));
      assertThat(last.waitFor()).as(Files.readString(directory.resolve("errors"))).isZero();
      assertThat(directory.resolve("out")).content().contains("40,000 records in 1 file");
    } finally {
      if (server != null) {
        server.destroy();
        server.waitFor();
      }
    }
    assertThat(numbers()).isEqualTo(IntStream.range(0, RECORDS).boxed().toList());
    System.out.printf("%d of %d runs were killed%n", killed, KILLS);
  }

  @Test
  void aFollowerThatIsKilledLosesAndDoublesNothing() throws Exception {
    Path file = directory.resolve("app.log");
    AtomicInteger written = new AtomicInteger();
    AtomicInteger rounds = new AtomicInteger(KILLS);
    CompletableFuture<?> writer =
        CompletableFuture.runAsync(() -> {
          Random random = new Random(9);
          try {
            while (rounds.get() > 0) {
              Files.writeString(
                  file,
                  line(written.getAndIncrement()) + line(written.getAndIncrement()),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.APPEND);
              // What is rotated away before the first run is not meant.
              if (random.nextInt(300) == 0 && Files.exists(directory.resolve("state"))) {
                Files.move(file, directory.resolve("app.log." + written.get()));
              }
              Thread.sleep(1);
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    String[] words = {
      "append",
      "--follow",
      file.toString(),
      "--map",
      mapping(),
      "--data",
      directory.resolve("log").toString(),
      "--state",
      directory.resolve("state").toString()
    };
    Random random = new Random();
    while (rounds.getAndDecrement() > 0) {
      Process running = start(words);
      boolean _ = running.waitFor(900 + random.nextInt(1_200), TimeUnit.MILLISECONDS);
      running.destroyForcibly().waitFor();
    }
    writer.join();
    Process last = start(words);
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    String end = "\"offset\":" + (Files.exists(file) ? Files.size(file) : 0) + ",";
    while (System.nanoTime() < deadline && last.isAlive()) {
      Path state = directory.resolve("state");
      if (Files.exists(state) && Files.readString(state).contains(end)) {
        break;
      }
      Thread.sleep(100);
    }
    Thread.sleep(1_000);
    last.destroy();
    assertThat(last.waitFor()).isEqualTo(143);
    List<Integer> numbers = new ArrayList<>(numbers());
    numbers.sort(null);
    assertThat(numbers).isEqualTo(IntStream.range(0, written.get()).boxed().toList());
    assertThat(Files.readString(directory.resolve("errors"))).doesNotContain("missing");
    System.out.printf("%,d lines%n", written.get());
  }
}
