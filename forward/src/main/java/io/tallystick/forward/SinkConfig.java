package io.tallystick.forward;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.Redaction;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import io.tallystick.tlog.Sha256;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A sink as it is configured. Immutable.
 *
 * @param redaction the values that records are without
 * @param original whether records carry the exact bytes of their entry
 * @param batch most records in a batch
 * @param maxRecordBytes longest record; a longer one is sent reduced
 * @param markerEntries a marker follows every so many entries
 * @param markerEvery a marker follows after so long, also when there are no entries
 * @param disableAfter how long a sink may fail before it is disabled
 * @param reconcileEvery how often what the receiver holds is compared; {@code null} for never
 */
record SinkConfig(
    SinkType type,
    Format format,
    EntryFilter filter,
    SinkSettings settings,
    Redaction redaction,
    boolean original,
    int batch,
    int maxRecordBytes,
    int markerEntries,
    Duration markerEvery,
    Duration disableAfter,
    @Nullable Duration reconcileEvery) {

  String name() {
    return settings.sink();
  }

  /** The same, started in its folder. */
  SinkConfig in(Path folder) {
    return new SinkConfig(
        type,
        format,
        filter,
        settings.in(folder),
        redaction,
        original,
        batch,
        maxRecordBytes,
        markerEntries,
        markerEvery,
        disableAfter,
        reconcileEvery);
  }

  /** SHA-256 in hex of what decides how a record looks. */
  String formatHash() {
    String text =
        "%s\n%s\n%d\n".formatted(format.name(), original, maxRecordBytes)
            + (redaction.isEmpty() ? "" : "redact " + redaction + "\n");
    return Sha256.hex(text.getBytes(UTF_8));
  }
}
