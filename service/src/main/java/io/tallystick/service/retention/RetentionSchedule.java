package io.tallystick.service.retention;

import io.tallystick.service.Actor;
import io.tallystick.service.Chore;
import io.tallystick.store.Uninterruptibly;
import io.tallystick.store.archive.Retention;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs retention at once and then every hour, on a thread of its own, until it is closed. A run
 * that fails is logged, and tried again an hour later.
 */
public final class RetentionSchedule implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionSchedule.class);
  private static final Duration EVERY = Duration.ofHours(1);

  private final Thread thread;

  /** A schedule that keeps entries for so many days. */
  public RetentionSchedule(RetentionAdministration retention, int days, Retention.Mode mode) {
    this.thread =
        Thread.ofPlatform()
            .name("tally-retention")
            .daemon()
            .start(() -> run(retention, days, mode));
  }

  private static void run(RetentionAdministration retention, int days, Retention.Mode mode) {
    try {
      while (true) {
        Chore.attempt("retention", () -> runOnce(retention, days, mode));
        Thread.sleep(EVERY);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void runOnce(RetentionAdministration retention, int days, Retention.Mode mode)
      throws IOException, InterruptedException {
    RetentionAdministration.Run run = retention.run(days, mode, false, Actor.SERVER);
    run.removed()
        .forEach(removed ->
            LOG.info(
                "retention removed entries {} to {}{}",
                removed.firstId(),
                removed.lastId(),
                removed.archive() == null ? "" : "; they are in archive/" + removed.archive()));
  }

  /** Ends the schedule. A run under way is interrupted, which it survives as it does a crash. */
  @Override
  public void close() {
    thread.interrupt();
    Uninterruptibly.join(thread);
  }
}
