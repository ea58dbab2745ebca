package io.tallystick.service.query;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;

/** A checkpoint's fields in an answer. */
public final class CheckpointJson {
  private CheckpointJson() {}

  static void write(JsonGenerator out, SignedCheckpoint checkpoint) throws IOException {
    out.writeStringField("origin", checkpoint.checkpoint().origin());
    out.writeNumberField("size", checkpoint.size());
    out.writeStringField("root", checkpoint.checkpoint().root().toBase64());
    out.writeStringField("signed_at", Timestamps.text(checkpoint.signedAt()));
  }
}
