package io.tallystick.store.write;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the jcstress tests of this package, which need processes of their own. An outcome that a
 * test forbids fails, and so does a thread that is never woken: jcstress gives up on it after a
 * minute.
 */
class StressIT {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");

  /** Some 10,000 pairs of threads a second, compiled by C2 as they are under load. */
  private static final List<String> SHORT_RUN =
      List.of(
          "-m",
          "sanity",
          "-f",
          "1",
          "-iters",
          "2",
          "-time",
          "500",
          "-sc",
          "false",
          "-jvmArgs",
          "-XX:-TieredCompilation --enable-native-access=ALL-UNNAMED");

  /** With every compiler, and with each thread's code compiled by another one. */
  private static final List<String> LONG_RUN =
      List.of("-m", "quick", "-f", "1", "-iters", "3", "-time", "2000");

  /** Small, because each of these tests makes a queue and parks a thread. */
  private static final List<String> STRIDES = List.of("-strideSize", "64", "-strideCount", "16");

  @TempDir Path directory;

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void noThreadSeesWhatItMustNot() throws Exception {
    assumeTrue(Runtime.getRuntime().availableProcessors() >= 2, "two threads have to run at once");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("org.openjdk.jcstress.Main");
    command.addAll(List.of("-t", getClass().getPackageName(), "-r", directory.toString()));
    command.addAll(STRIDES);
    command.addAll(LONG ? LONG_RUN : SHORT_RUN);
    Path output = directory.resolve("output.txt");
    Process jcstress =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      jcstress.waitFor();
    } finally {
      jcstress.destroy();
    }
    String report = Files.readString(output, UTF_8);
    assertThat(jcstress.exitValue()).as(report).isZero();
    // A test that could not be run is only a "soft error", which leaves the exit code at 0.
    List<String> counts = report.lines().filter(line -> line.startsWith("(Results: ")).toList();
    assertThat(counts.getLast())
        .as(report)
        .contains(" 0 failed, 0 soft errs, 0 hard errs")
        .doesNotContain(" 0 passed");
  }
}
