package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ends a process that writes a log with SIGKILL, at random moments, again and again on the same
 * log. Every acknowledgement the process printed before must be kept.
 */
class KillIT {
  private static final int KILLS = Boolean.getBoolean("tallystick.long") ? 200 : 6;

  @TempDir Path data;

  @Test
  void nothingAcknowledgedIsLostWhenTheProcessIsKilled() throws Exception {
    Random random = new Random();
    long acknowledged = 0;
    long slowestOpenMillis = 0;
    long dearestOpenMillis = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      KilledWriter writer = KilledWriter.start(Writer.class, data);
      writer.awaitLines(2);
      Thread.sleep(random.nextInt(400));
      List<Long> acknowledgements = writer.kill().stream().map(Long::valueOf).toList();
      slowestOpenMillis = Math.max(slowestOpenMillis, acknowledgements.getFirst());
      dearestOpenMillis = Math.max(dearestOpenMillis, acknowledgements.get(1));
      for (long id : acknowledgements.subList(2, acknowledgements.size())) {
        acknowledged = Math.max(acknowledged, id);
      }
      LogReader reader = LogReader.open(data);
      assertThat(reader.lastId()).isGreaterThanOrEqualTo(acknowledged);
      VerifyReport report = new LogVerifier(reader).verify(VerifyRequest.all(), null);
      assertThat(report.faults()).isEmpty();
    }
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      assertThat(log.lastId()).isGreaterThanOrEqualTo(acknowledged);
    }
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
    LogChecker.Findings found = LogChecker.check(data);
    assertThat(found.findings()).isEmpty();
    System.out.printf(
        "%d kills, %d entries acknowledged, %d in the log, 0 lost; slowest open %d ms, at most %d ms of it on the processor%n",
        KILLS, acknowledged, found.ids().size(), slowestOpenMillis, dearestOpenMillis);
  }

  /**
   * The process that is killed. It prints how long the open took, how much of that on a processor,
   * and then the last id of each acknowledged batch.
   */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws Exception {
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      long started = System.nanoTime();
      AuditLog log = AuditLog.open(Path.of(args[0]), LogConfig.defaults());
      out.println(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started) + ";");
      long cpuNanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      out.println(TimeUnit.NANOSECONDS.toMillis(cpuNanos) + ";");
      for (int writer = 0; writer < 4; writer++) {
        int size = 1 + 7 * writer;
        Thread.ofPlatform()
            .start(() -> {
              while (true) {
                Receipt receipt = log.append(AuditLogTest.events(size), null).join();
                synchronized (out) {
                  out.println(receipt.lastId() + ";");
                }
              }
            });
      }
    }
  }
}
