package io.tallystick.store.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The threads that all verifications of a process share. */
class VerifierPoolTest {
  private static final int VERIFICATIONS = 6;
  private static final int ENTRIES = 40_000;
  private static final int PATIENCE_SECONDS = 60;

  @TempDir Path data;

  @BeforeEach
  void makeALog() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      for (int i = 0; i < ENTRIES; i += 10_000) {
        log.append(AuditLogTest.events(10_000), null).get();
      }
    }
  }

  private VerifyReport verify(VerifyReport.Progress progress) throws Exception {
    return new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), progress);
  }

  @Test
  void verificationsAtTheSameTimeShareOneThreadPerCore() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    Set<Thread> callers = new HashSet<>();
    Set<Thread> workers = new HashSet<>();
    CountDownLatch all = new CountDownLatch(VERIFICATIONS);
    Callable<VerifyReport> verification =
        () -> {
          CountDownLatch first = new CountDownLatch(1);
          return verify((checked, total) -> {
            if (first.getCount() == 0) {
              return;
            }
            first.countDown();
            all.countDown();
            await(all);
            synchronized (workers) {
              callers.add(Thread.currentThread());
              workers.addAll(Thread.getAllStackTraces().keySet());
            }
          });
        };
    try (ExecutorService side = Executors.newFixedThreadPool(VERIFICATIONS)) {
      List<Future<VerifyReport>> reports = new ArrayList<>();
      for (int i = 0; i < VERIFICATIONS; i++) {
        reports.add(side.submit(verification));
      }
      for (Future<VerifyReport> report : reports) {
        assertThat(report.get(PATIENCE_SECONDS, TimeUnit.SECONDS).valid()).isTrue();
        assertThat(report.get().entriesChecked()).isEqualTo(ENTRIES + 1);
      }
    }
    workers.removeAll(before);
    workers.removeAll(callers);
    workers.removeIf(thread -> !thread.getName().matches("(pool-|tally-verify).*"));
    assertThat(workers)
        .hasSizeLessThanOrEqualTo(Runtime.getRuntime().availableProcessors())
        .allMatch(Thread::isDaemon);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while waiting for the others", e);
    }
  }

  @Test
  void aVerificationThatIsInterruptedOrFailsLeavesTheOthersTheirThreads() throws Exception {
    assertThatThrownBy(() -> verify((checked, total) -> Thread.currentThread().interrupt()))
        .isInstanceOf(InterruptedException.class);
    assertThatThrownBy(() ->
            verify((checked, total) -> {
              throw new IllegalStateException("the listener went away");
            }))
        .hasMessage("the listener went away");
    assertThat(verify((checked, total) -> {}).valid()).isTrue();
  }
}
