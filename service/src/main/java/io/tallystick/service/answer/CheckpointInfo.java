package io.tallystick.service.answer;

import io.tallystick.store.log.SignedCheckpoint;
import java.time.Instant;

/**
 * A checkpoint in an answer.
 *
 * @param size how many entries it covers
 * @param root of the tree over them, in base64
 * @param signedAt when its file was written
 */
public record CheckpointInfo(String origin, long size, String root, Instant signedAt) {
  public static CheckpointInfo of(SignedCheckpoint checkpoint) {
    return new CheckpointInfo(
        checkpoint.checkpoint().origin(),
        checkpoint.size(),
        checkpoint.checkpoint().root().toBase64(),
        checkpoint.signedAt());
  }
}
