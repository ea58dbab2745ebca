package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A device that fails once: the n-th call of each kind that makes something durable ends with EIO.
 * Either the log stops for good, or what failed was not the log's; what was acknowledged is there
 * at the next start either way.
 */
class DeviceErrorIT {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");

  /** Each call, and how often it is made in a run as short as this one at least. */
  private static final Map<String, Integer> CALLS =
      new TreeMap<>(
          Map.of("fdatasync", 60, "fsync", 60, "syncfs", 4, "pwrite64", 120, "rename", 30));

  @TempDir Path directory;

  @Test
  void whatWasAcknowledgedSurvivesAnErrorAtAnyCall() throws Exception {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "strace"))),
        "skipped: strace is missing");
    int runs = 0;
    int stopped = 0;
    int neverStarted = 0;
    long told = 0;
    for (Map.Entry<String, Integer> call : CALLS.entrySet()) {
      int step = LONG ? 1 : Math.max(1, call.getValue() / 3);
      for (int n = 1; n <= call.getValue(); n += step) {
        Path data = directory.resolve(call.getKey() + "-" + n);
        Subject subject =
            Subject.start(
                data,
                "strace",
                "-f",
                "--seccomp-bpf",
                "-o",
                "/dev/null",
                "-e",
                "trace=" + call.getKey(),
                "-e",
                "inject=" + call.getKey() + ":error=EIO:when=" + n,
                "--");
        subject.awaitWord("stopped", 1, LONG ? 4 : 3);
        long writers = subject.said("stopped");
        boolean alive = subject.isAlive();
        subject.kill();
        runs++;
        stopped += writers > 0 ? 1 : 0;
        neverStarted += alive ? 0 : 1;
        if (!subject.entries().isEmpty()) {
          long last = Survivors.check(data, subject.entries(), subject.keys());
          assertThat(last).isGreaterThanOrEqualTo(subject.entries().lastKey());
          told += subject.entries().lastKey();
        }
      }
    }
    System.out.printf(
        "%d errors injected: %d stopped the log, %d its start; %,d entries acknowledged, 0 lost%n",
        runs, stopped, neverStarted, told);
    assertThat(stopped).isPositive();
  }
}
