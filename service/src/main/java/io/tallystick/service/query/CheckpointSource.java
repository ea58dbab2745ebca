package io.tallystick.service.query;

import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.util.Optional;

/**
 * Provides a checkpoint that covers everything acknowledged so far, where somebody can sign one.
 */
@FunctionalInterface
public interface CheckpointSource {
  /**
   * The newest checkpoint, which covers everything if this is the log's writer; empty if there is
   * none.
   */
  Optional<SignedCheckpoint> newest() throws IOException, InterruptedException;
}
