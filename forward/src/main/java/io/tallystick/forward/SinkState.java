package io.tallystick.forward;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.tallystick.store.log.ChecksummedFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What people and reconciliations said of a sink, {@code state.json} in its folder: it outlives the
 * server. Immutable.
 *
 * @param condition {@code running}, {@code paused} or {@code disabled}
 * @param reason why, {@code null} while it runs
 * @param reconciliation the last one; {@code null} if there was none
 * @param crc32c checksum of the same object with 0 in this place
 */
record SinkState(
    @JsonProperty(value = "condition", required = true) String condition,
    @JsonProperty("reason") @Nullable String reason,
    @JsonProperty("reconciliation") @Nullable LastReconciliation reconciliation,
    @JsonProperty(value = "crc32c", required = true) long crc32c)
    implements ChecksummedFile.Content<SinkState> {
  static final String RUNNING = "running";
  static final String PAUSED = "paused";
  static final String DISABLED = "disabled";

  /** Its position does not fit, or a setting is wrong; said anew at each start. */
  static final String STOPPED = "stopped";

  /** Of a sink that is new. */
  static final SinkState NEW = new SinkState(RUNNING, null, null, 0);

  private static final String FILE = "state.json";

  static SinkState read(Path folder) throws IOException {
    try {
      SinkState saved = ChecksummedFile.read(folder.resolve(FILE), SinkState.class);
      return saved.condition.equals(STOPPED) ? saved.in(RUNNING, null) : saved;
    } catch (NoSuchFileException e) {
      return NEW;
    }
  }

  void write(Path folder) throws IOException {
    ChecksummedFile.write(folder.resolve(FILE), ChecksummedFile.sealed(this));
  }

  SinkState in(String next, @Nullable String why) {
    return new SinkState(next, why, reconciliation, 0);
  }

  SinkState reconciled(LastReconciliation last) {
    return new SinkState(condition, reason, last, 0);
  }

  boolean isRunning() {
    return condition.equals(RUNNING);
  }

  @Override
  public SinkState withCrc32c(long value) {
    return new SinkState(condition, reason, reconciliation, value);
  }
}
