package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.entry.Event;
import io.tallystick.store.log.Receipt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForcedBytesTest {
  private static final Path COUNTERS = Path.of("/proc/self/io");
  private static final String WRITTEN = "write_bytes: ";
  private static final int APPENDS = 4_000;
  private static final int FOLLOWED = 20;

  /** Three pages of a block, those of the segment's head and index, and a part of a tile. */
  private static final long BYTES_A_FORCE = 40 << 10;

  /** How many bytes of dirty pages this process made, which the kernel counts on disks alone. */
  private static long written() throws IOException {
    return Files.readAllLines(COUNTERS).stream()
        .filter(line -> line.startsWith(WRITTEN))
        .mapToLong(line -> Long.parseLong(line.substring(WRITTEN.length())))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aForceWritesAFewPagesAlthoughOthersReadTheEndOfTheLog(@TempDir Path data) throws Exception {
    assumeTrue(Files.isReadable(COUNTERS), "the kernel does not count the bytes of a process");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      LogReader other = LogReader.open(data);
      long read = 0;
      List<Event> events = AuditLogTest.events(40);
      long before = written();
      for (int i = 0; i < APPENDS; i++) {
        Receipt receipt = log.append(events, null).get();
        // As the index does: a reader of several small blocks looks ahead of the last one.
        if (i % FOLLOWED == 0) {
          for (LogReader reader : List.of(log.reader(), other)) {
            reader.forEach(read + 1, receipt.lastId(), entry -> true);
          }
          read = receipt.lastId();
        }
      }
      long bytes = written() - before;
      assumeTrue(bytes > 0, "the file system is in memory");
      assertThat(bytes / APPENDS).isLessThan(BYTES_A_FORCE);
    }
  }
}
