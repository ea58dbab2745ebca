package io.tallystick.store.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.segment.SegmentFile;
import io.tallystick.store.verify.VerifyReport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three days of a log, of which the first two were archived. */
class RestoreTest {
  @TempDir Path directory;
  private final AuditLogTest.SteppingClock clock =
      new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));
  private final List<String> entries = new ArrayList<>();
  private Path data;
  private Path restored;
  private Path first;
  private Path second;
  private List<VerifierKey> keys;

  @BeforeEach
  void archiveTwoDays() throws Exception {
    data = directory.resolve("log");
    restored = directory.resolve("restored");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build())) {
      for (int hour = 10; hour <= 58; hour += 12) {
        clock.now = Instant.parse("2026-05-01T00:10:00Z").plusSeconds(3_600L * hour);
        for (int i = 0; i < 30; i++) {
          log.append(AuditLogTest.events(10), null).get();
        }
      }
      keys = log.reader().identity().keys();
      log.reader().forEach(1, 1_201, entry -> entries.add(text(entry)));
      Retention retention = new Retention(log);
      Instant before = Instant.parse("2026-05-03T00:00:00Z");
      for (Retention.Batch batch : retention.plan(before, Long.MAX_VALUE)) {
        retention.remove(batch, Retention.Mode.ARCHIVE, null);
      }
    }
    first = data.resolve("archive/1-601.zip");
    second = data.resolve("archive/602-1201.zip");
  }

  private static String text(StoredEntry entry) {
    return new String(entry.bytes(), StandardCharsets.UTF_8);
  }

  private static List<String> entriesOf(LogReader log) throws Exception {
    List<String> all = new ArrayList<>();
    log.forEach(1, Long.MAX_VALUE, entry -> all.add(text(entry)));
    return all;
  }

  @Test
  void entriesHaveTheBytesAndTheIdsThatTheyHad() throws Exception {
    assertThat(Restore.restore(List.of(second, first), keys, restored)).isEqualTo(1_201);
    LogReader log = LogReader.open(restored);
    assertThat(log.lastId()).isEqualTo(1_201);
    assertThat(entriesOf(log)).isEqualTo(entries);
    assertThat(text(log.read(700).orElseThrow())).isEqualTo(entries.get(699));
    assertThat(LogFiles.segments(restored)).as("one an hour").hasSize(4);
    VerifyReport report = PythonVerifier.verify(restored);
    assertThat(report.faults()).isEmpty();
    assertThat(report.checkpoint()).isNull();
  }

  @Test
  void oneArchiveBeginsInTheMiddle() throws Exception {
    assertThat(Restore.restore(List.of(second), List.of(), restored)).isEqualTo(600);
    LogReader log = LogReader.open(restored);
    assertThat(log.firstId()).isEqualTo(602);
    assertThat(log.read(601)).isEmpty();
    assertThat(entriesOf(log)).isEqualTo(entries.subList(601, 1_201));
    assertThat(PythonVerifier.verify(restored).faults()).isEmpty();
    Path segment = LogFiles.segments(restored).getFirst();
    LogFiles.flip(segment, LogFiles.blocks(segment).getFirst() + 300, 2);
    assertThat(PythonVerifier.verify(restored).faults()).isNotEmpty();
  }

  @Test
  void whatWasRestoredIsNotAppendedTo() throws Exception {
    Restore.restore(List.of(first), keys, restored);
    assertThatThrownBy(() -> AuditLog.open(restored, AuditLogTest.CONFIG).close())
        .isInstanceOf(LogException.NotALog.class)
        .hasMessageContaining("restored from archives");
    assertThat(restored.resolve("keys")).doesNotExist();
  }

  @Test
  void whatDoesNotVerifyOrFollowIsNotRestored() throws Exception {
    assertThatThrownBy(() -> Restore.restore(List.of(first), keys, data))
        .hasMessageContaining("not empty");
    Path gap = directory.resolve("gap.zip");
    Files.copy(second, gap);
    assertThatThrownBy(() -> Restore.restore(List.of(gap, second), keys, restored))
        .isInstanceOf(LogException.Corrupt.class)
        .hasMessageContaining("does not follow");
    VerifierKey stranger = otherLogsKey();
    assertThatThrownBy(() -> Restore.restore(List.of(first), List.of(stranger), restored))
        .isInstanceOf(InvalidNoteException.class);
    byte[] bytes = Files.readAllBytes(first);
    bytes[bytes.length / 2] ^= 1;
    Files.write(first, bytes);
    assertThatThrownBy(() -> Restore.restore(List.of(first), keys, restored))
        .isInstanceOf(java.io.IOException.class);
    assertThat(restored).doesNotExist();
  }

  private VerifierKey otherLogsKey() throws Exception {
    Path other = directory.resolve("other");
    try (AuditLog log = AuditLog.open(other, AuditLogTest.CONFIG)) {
      return log.reader().identity().keys().getFirst();
    }
  }

  @Test
  void segmentsAreClosedWhenTheyAreWritten() throws Exception {
    Restore.restore(List.of(first), keys, restored);
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      assertThat(open.map(RestoreTest::target))
          .noneMatch(file -> file.contains("/restored/") && file.endsWith(SegmentFile.SUFFIX));
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (java.io.IOException e) {
      // Closed meanwhile.
      return "";
    }
  }
}
