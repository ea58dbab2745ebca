package io.tallystick.forward;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import io.tallystick.tlog.Sha256;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A sink as it is configured. Immutable.
 *
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

  /** SHA-256 in hex of what decides how a record looks. */
  String formatHash() {
    String text = "%s\n%s\n%d\n".formatted(format.name(), original, maxRecordBytes);
    return Sha256.hex(text.getBytes(UTF_8));
  }
}
