package io.tallystick.service.query;

import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** Has the log's writer sign a checkpoint, and waits for it. Safe for any number of threads. */
public final class OnDemandCheckpoints implements CheckpointSource {
  private final AuditLog log;
  private final Duration timeout;

  public OnDemandCheckpoints(AuditLog log, Duration timeout) {
    this.log = log;
    this.timeout = timeout;
  }

  /** A checkpoint over everything that is acknowledged; the newest there is if the log stopped. */
  @Override
  public Optional<SignedCheckpoint> newest() throws IOException, InterruptedException {
    if (log.stopped().isPresent()) {
      return log.reader().tree().newest();
    }
    return Optional.of(now());
  }

  /**
   * A checkpoint over everything that is acknowledged.
   *
   * @throws NotSealedException if it was not signed in time
   */
  public SignedCheckpoint now() throws IOException, InterruptedException {
    try {
      return Futures.from(log.seal(), timeout);
    } catch (TimeoutException e) {
      throw new NotSealedException(
          "no checkpoint was signed within "
              + timeout.toSeconds()
              + " s; /readyz says whether that lasts");
    }
  }
}
