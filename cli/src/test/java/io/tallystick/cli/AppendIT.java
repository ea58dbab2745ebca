package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code tally append}: live pipes, signals, and every form that an input may have. */
class AppendIT {
  private static final Duration START = Duration.ofSeconds(60);

  @TempDir Path directory;

  private Map<String, String> log() {
    return Map.of("TALLY_DATA", directory.resolve("log").toString());
  }

  private static String event(String type) {
    return "{\"event_type\":\"" + type + "\"}\n";
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(text.getBytes(UTF_8));
    }
    return packed.toByteArray();
  }

  /** A command that reads a pipe which stays open. */
  private record Live(Process process, OutputStream pipe, Path out, Path err) {
    void send(String text) throws IOException {
      pipe.write(text.getBytes(UTF_8));
      pipe.flush();
    }

    void signal(String name) throws Exception {
      assertThat(
              new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                  .start()
                  .waitFor())
          .isZero();
    }

    int exitCode() throws InterruptedException {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    }
  }

  private Live live(Map<String, String> environment, String... arguments) throws IOException {
    ProcessBuilder builder = Tally.command(List.of(arguments));
    builder.environment().putAll(environment);
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    return new Live(process, process.getOutputStream(), out, err);
  }

  private static Duration untilListed(Tally.Server server, String type, Duration limit)
      throws Exception {
    long start = System.nanoTime();
    while (true) {
      boolean listed = server.get("/api/audit?event_type=" + type).body().contains("\"total\":1");
      Duration waited = Duration.ofNanos(System.nanoTime() - start);
      if (listed) {
        return waited;
      }
      assertThat(waited).as("until the log has " + type).isLessThan(limit);
      Thread.sleep(20);
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130"})
  void whatALivePipeHoldsIsWrittenSoonAndNotLostToASignal(String signal, int code)
      throws Exception {
    try (Tally.Server server = Tally.Server.start(directory.resolve("served"))) {
      Live live = live(server.environment(), "append");
      live.send(event("first"));
      untilListed(server, "first", START);
      live.send(event("second"));
      assertThat(untilListed(server, "second", Duration.ofSeconds(10)))
          .isLessThan(Duration.ofSeconds(1).plusMillis(500));
      live.send(event("third") + event("fourth") + "{\"event_type\":\"half");
      Thread.sleep(50);
      live.signal(signal);
      assertThat(live.exitCode()).isEqualTo(code);
      assertThat(live.out()).content().startsWith("4 entries appended, the last one is ");
      assertThat(live.err())
          .content()
          .startsWith("tally: stopped before the end of the input; to go on after standard input,")
          .contains("line 4: tally append --skip 4 -")
          .hasLineCount(1);
      untilListed(server, "fourth", START);
    }
  }

  @Test
  void inputsComeInEveryForm() throws Exception {
    Path lines = file("lines.ndjson", "\ufeff" + event("l1") + "\r\n" + event("l2").strip());
    Path array = file("array.json", "\ufeff[\n  {\n    \"event_type\": \"a1\"\n  },\n  {}\n]\n");
    Files.writeString(array, Files.readString(array).replace("{}", event("a2").strip()));
    Path packed = Files.write(directory.resolve("old.log"), gzip("\ufeff[" + event("g1") + "]"));
    Files.write(packed, gzip(event("g2")), java.nio.file.StandardOpenOption.APPEND);
    Tally.Result appended =
        Tally.run(
            log(),
            event("p1"),
            "append",
            lines.toString(),
            array.toString(),
            "-",
            packed.toString());
    assertThat(appended)
        .isEqualTo(new Tally.Result(0, "7 entries appended, the last one is 8\n", ""));
    assertThat(Tally.run(log(), "", "export", "--format", "csv").out().lines().skip(2))
        .extracting(line -> line.split(",", -1)[2])
        .containsExactly("l1", "l2", "a1", "a2", "p1", "g1", "g2");
  }

  @Test
  void anErrorNamesTheLineOfItsFileAndHowToGoOn() throws Exception {
    Path good = file("good.ndjson", event("a") + event("b"));
    Path bad = file("bad.ndjson", "\n" + event("c") + event("d") + "  nonsense\n" + event("e"));
    Tally.Result stopped = Tally.run(log(), "", "append", good.toString(), bad.toString());
    assertThat(stopped.code()).isEqualTo(Failure.USAGE);
    assertThat(stopped.out()).isEmpty();
    assertThat(stopped.err())
        .startsWith("tally: %s, line 4, column 11: this is not JSON".formatted(bad))
        .doesNotContain("line 1")
        .endsWith(
            "(4 entries appended, the last one is 5; to go on after %s, line 3: tally append --skip 2 %s)\n"
                .formatted(bad, bad));
    Files.writeString(bad, Files.readString(bad).replace("  nonsense\n", ""));
    assertThat(Tally.run(log(), "", "append", "--skip", "2", bad.toString()).out())
        .isEqualTo("1 entry appended, the last one is 6\n");
    Tally.Result beyond = Tally.run(log(), "", "append", "--skip", "4", bad.toString());
    assertThat(beyond.code()).isEqualTo(Failure.USAGE);
    assertThat(beyond.err()).contains("--skip is 4, but " + bad + " holds only 3 events");
  }

  @Test
  void partialWritesTheGoodEventsAndPrintsWhatIsWrongWithTheOthers() throws Exception {
    String long300 = "n".repeat(300);
    Path bad =
        file(
            "bad.ndjson",
            event("a")
                + "nonsense\n"
                + "{\"event_type\":\"b\",\"event_id\":\"e1\"}\n"
                + "{\"event_type\":\"b\",\"outcome\":\"ok\",\"actor_username\":\"%s\"}\n"
                    .formatted(long300)
                + "{\"event_type\":\"c\",\"event_id\":\"e1\"}\n"
                + event("d")
                + "[{\"event_type\":\"x\",\"action\":\"a\",\"action\":\"b\"},\n"
                + event("e")
                + "]");
    String[] reasons = {
      ", line 2, column 9: this is not JSON",
      ", line 4: outcome must be one of success, failure, unknown, but was \"ok\"",
      ", line 4: actor_username ",
      ", line 5: ",
      ", line 7: action appears twice"
    };
    Path onlyBad = file("only-bad.ndjson", "nonsense\n{}\n");
    try (Tally.Server server = Tally.Server.start(directory.resolve("served"))) {
      for (Map<String, String> where : List.of(log(), server.environment())) {
        Tally.Result some = Tally.run(where, "", "append", "--partial", bad.toString());
        assertThat(some.code()).as(some.err()).isEqualTo(Failure.USAGE);
        assertThat(some.out())
            .startsWith("4 entries appended, the last one is ")
            .endsWith("; 4 rejected\n");
        assertThat(some.err().lines()).hasSize(reasons.length);
        for (int i = 0; i < reasons.length; i++) {
          assertThat(some.err().lines().toList().get(i)).startsWith("tally: " + bad + reasons[i]);
        }
        assertThat(Tally.run(where, "", "export", "--format", "csv").out().lines().skip(1))
            .extracting(line -> line.split(",", -1)[2])
            .containsSubsequence("a", "b", "d", "e")
            .doesNotContain("c", "x");
        assertThat(Tally.run(where, "", "append", "--partial", onlyBad.toString()))
            .extracting(Tally.Result::code, Tally.Result::out)
            .containsExactly(Failure.USAGE, "nothing was appended; 2 rejected\n");
        assertThat(Tally.run(where, event("f"), "append", "--partial").code()).isZero();
      }
    }
  }

  @Test
  void anErrorInAnArrayNamesTheLineToo() throws Exception {
    Path array =
        file("array.json", "[\n  " + event("a") + ",\n  {\n    \"event_type\": oops\n  }\n]");
    assertThat(Tally.run(log(), "", "append", array.toString()).err())
        .startsWith("tally: " + array + ", line 5, column ")
        .contains("this is not JSON", "1 entry appended");
    Path field = file("field.json", "[{\"event_type\":\"a\"},\n {\"event_type\":\"A b\"}]");
    assertThat(Tally.run(log(), "", "append", field.toString()).err())
        .startsWith("tally: " + field + ", line 2: event_type must be words of A-Z, a-z");
  }

  @Test
  void whatIsNoInputIsRefusedBeforeAnythingIsAppended() throws Exception {
    Path good = file("good.ndjson", event("a"));
    Path cut = directory.resolve("cut.gz");
    byte[] whole = gzip(event("a"));
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length - 9));
    Map<String, String> refusals =
        Map.of(
            directory.resolve("none").toString(),
            "there is no file " + directory.resolve("none"),
            directory.toString(),
            directory + " is a directory; give files");
    for (Map.Entry<String, String> refusal : refusals.entrySet()) {
      Tally.Result refused = Tally.run(log(), "", "append", good.toString(), refusal.getKey());
      assertThat(refused.code()).isEqualTo(Failure.USAGE);
      assertThat(refused.err()).startsWith("tally: " + refusal.getValue());
    }
    assertThat(directory.resolve("log")).doesNotExist();
    assertThat(Tally.run(log(), "", "append", cut.toString()).err())
        .startsWith("tally: " + cut + " is damaged or cut off");
    assertThat(Tally.run(log(), "", "append", "-", "-").err()).contains("only once");
  }
}
