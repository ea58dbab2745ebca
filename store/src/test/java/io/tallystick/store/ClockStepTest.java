package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.log.LogConfig;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A wall clock that is set forward and back, by an hour and by two days, while a log is written.
 */
class ClockStepTest {
  private static final int ROUNDS = Boolean.getBoolean("tallystick.long") ? 40 : 2;
  private static final int WRITERS = 4;
  private static final long PATIENCE_SECONDS = 30;
  private static final List<Duration> STEPS =
      List.of(
          Duration.ofHours(1),
          Duration.ofHours(-1),
          Duration.ofDays(2),
          Duration.ofDays(-2),
          Duration.ofHours(-1),
          Duration.ofDays(-2),
          Duration.ofDays(2),
          Duration.ofHours(1));

  @TempDir Path data;
  private final SteppedClock clock = new SteppedClock();

  /** A running clock that can be set. */
  private static final class SteppedClock extends Clock {
    private volatile Duration offset = Duration.ZERO;

    void step(Duration by) {
      offset = offset.plus(by);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.now().plus(offset);
    }
  }

  @Test
  void timesIncreaseAndNothingWaitsHoweverTheClockIsSet() throws Exception {
    Random random = new Random();
    LogConfig config = LogConfig.builder().clock(clock).sealEvery(Duration.ofMillis(20)).build();
    long acknowledged = 1;
    for (int round = 0; round < ROUNDS; round++) {
      // Also without a reader.
      clock.step(STEPS.get(random.nextInt(STEPS.size())));
      try (AuditLog log = AuditLog.open(data, config);
          ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
        AtomicBoolean enough = new AtomicBoolean();
        List<Future<Long>> counts = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
          int size = 1 + 20 * writer;
          counts.add(writers.submit(() -> append(log, size, enough)));
        }
        try {
          for (Duration step : STEPS) {
            int kept = log.reader().tree().kept().size();
            clock.step(step);
            awaitBeyond(log, log.lastId() + 300);
            awaitKept(log, kept);
          }
        } finally {
          enough.set(true);
        }
        for (Future<Long> count : counts) {
          acknowledged += count.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
        assertThat(log.seal().get(PATIENCE_SECONDS, TimeUnit.SECONDS).size())
            .isEqualTo(log.lastId())
            .isEqualTo(acknowledged);
        assertThat(
                new LogVerifier(log.reader()).verify(VerifyRequest.all().strictly(), null).faults())
            .isEmpty();
      }
    }
    assertThat(LogFiles.segments(data)).hasSizeGreaterThan(2);
    LogChecker.Findings found = LogChecker.check(data);
    assertThat(found.findings()).isEmpty();
    assertThat(found.ids()).hasSize((int) acknowledged);
  }

  private static long append(AuditLog log, int size, AtomicBoolean enough) throws Exception {
    long count = 0;
    while (!enough.get()) {
      count +=
          log.append(AuditLogTest.events(size), null)
              .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
              .count();
    }
    return count;
  }

  private static void awaitBeyond(AuditLog log, long id) throws Exception {
    assertThat(log.reader().awaitBeyond(id, Duration.ofSeconds(PATIENCE_SECONDS))).isTrue();
  }

  /** The history of checkpoints has one at least every hour, also after the clock was set back. */
  private static void awaitKept(AuditLog log, int more) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (log.reader().tree().kept().size() <= more) {
      assertThat(System.nanoTime()).as("a checkpoint is kept").isLessThan(deadline);
      Thread.sleep(5);
    }
  }
}
