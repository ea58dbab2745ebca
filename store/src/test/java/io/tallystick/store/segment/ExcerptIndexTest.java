package io.tallystick.store.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chronicle's index is a hint: nothing that it says may be believed, or cost much. */
class ExcerptIndexTest {
  @TempDir Path data;

  @Test
  void moreArraysThanThereAreCountAsNone() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      log.append(AuditLogTest.events(10), null).get();
    }
    Path path = LogFiles.segments(data).getFirst();
    try (SegmentFile file = SegmentFile.open(path)) {
      ExcerptIndex index = ExcerptIndex.of(file);
      assertThat(index.size()).isPositive();
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        long used = index.topArray() - Long.BYTES;
        LogFiles.flip(path, used + 1, bit);
        assertThat(index.size()).isZero();
        assertThat(LogReader.open(data).read(11)).isPresent();
        LogFiles.flip(path, used + 1, bit);
      }
      assertThat(index.size()).isPositive();
    }
  }
}
