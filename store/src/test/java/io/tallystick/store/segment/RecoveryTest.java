package io.tallystick.store.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogChecker;
import io.tallystick.store.LogFiles;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a killed process or a power cut leaves, and that the log goes on after the last whole block.
 */
class RecoveryTest {
  private static final LogConfig CONFIG =
      AuditLogTest.CONFIG.toBuilder()
          .clock(new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z")))
          .build();

  @TempDir Path directory;

  /** A log whose last checkpoint was never made. */
  private Path log(int blocks) throws Exception {
    Path data = directory.resolve("log" + blocks);
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      for (int b = 0; b < blocks; b++) {
        log.append(AuditLogTest.events(3), null).get();
      }
    }
    LogFiles.unsealToCreation(data);
    return data;
  }

  private static void goesOn(Path data, long last) throws Exception {
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      assertThat(log.lastId()).isEqualTo(last);
      for (int b = 0; b < 300; b++) {
        log.append(AuditLogTest.events(2), null).get();
      }
      log.seal().get();
      assertThat(
              new LogVerifier(log.reader()).verify(VerifyRequest.all().strictly(), null).faults())
          .isEmpty();
    }
    LogChecker.Findings found = LogChecker.check(data);
    assertThat(found.findings()).isEmpty();
    assertThat(found.ids()).hasSize((int) last + 600);
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
    AuditLog.open(data, CONFIG).close();
  }

  @Test
  void anUnfinishedBlockIsTakenOutAndKeptAside() throws Exception {
    for (int blocks : List.of(0, 1, 255, 256, 257, 600)) {
      Path data = log(blocks);
      Path segment = LogFiles.segments(data).getFirst();
      long end = LogFiles.end(segment);
      LogFiles.write(segment, end, new byte[] {0, 0, 0, (byte) 0x80, 1, 2, 3, 4, 5});
      goesOn(data, 1 + 3L * blocks);
      try (var dropped = Files.list(data.resolve("dropped"))) {
        assertThat(dropped).hasSize(1);
      }
    }
  }

  @Test
  void aTornLastBlockIsTakenOutWithThePointersToIt() throws Exception {
    Random random = new Random(1);
    for (int blocks : List.of(2, 255, 256, 257, 511, 513)) {
      Path data = log(blocks);
      Path segment = LogFiles.segments(data).getFirst();
      List<Long> positions = LogFiles.blocks(segment);
      long torn = positions.getLast();
      int length = (int) (LogFiles.end(segment) - torn);
      LogFiles.write(segment, torn + 4 + random.nextInt(length - 40), new byte[30]);
      goesOn(data, 1 + 3L * (blocks - 1));
    }
  }

  @Test
  void severalLostBlocksBeforeAWholeOneAreTakenOut() throws Exception {
    Path data = log(520);
    Path segment = LogFiles.segments(data).getFirst();
    List<Long> positions = LogFiles.blocks(segment);
    long from = positions.get(500);
    LogFiles.write(segment, from, new byte[(int) (positions.get(505) - from)]);
    goesOn(data, 1 + 3L * 499);
  }

  @Test
  void whatIsSealedIsNeverTakenOut() throws Exception {
    Path data = log(520);
    AuditLog.open(data, CONFIG).close();
    Path segment = LogFiles.segments(data).getFirst();
    List<Long> positions = LogFiles.blocks(segment);
    for (int damaged : List.of(0, 250, 519)) {
      byte[] before = LogFiles.read(segment, positions.get(damaged) + 60, 30);
      LogFiles.write(segment, positions.get(damaged) + 60, new byte[30]);
      byte[] whole = Files.readAllBytes(segment);
      assertThatThrownBy(() -> AuditLog.open(data, CONFIG))
          .isInstanceOf(LogException.Contradiction.class)
          .hasMessageContaining("covers entries 1 to 1561")
          .hasMessageContaining(segment.getFileName() + "@" + positions.get(damaged));
      assertThat(Files.readAllBytes(segment)).isEqualTo(whole);
      assertThat(data.resolve("dropped")).doesNotExist();
      assertThat(PythonVerifier.verify(data).faults()).anyMatch(f -> f.kind() == Fault.Kind.BLOCK);
      LogFiles.write(segment, positions.get(damaged) + 60, before);
    }
    AuditLog.open(data, CONFIG).close();
  }

  @Test
  void chroniclesOwnPagesMayBeLostToo() throws Exception {
    for (int page : List.of(1, 8, 9)) {
      Path data = log(600 + page);
      Path segment = LogFiles.segments(data).getFirst();
      LogFiles.write(segment, page * 4096L, new byte[4096]);
      boolean damagesADocumentsHeader = LogFiles.blocks(segment).size() != 601 + page;
      if (!damagesADocumentsHeader) {
        goesOn(data, 1 + 3L * (600 + page));
      }
    }
  }

  @Test
  void aFileThatEndsRightAfterTheLastBlockIsGoneOnWith() throws Exception {
    Path data = log(300);
    Path segment = LogFiles.segments(data).getFirst();
    try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
      channel.truncate(LogFiles.end(segment));
    }
    Files.delete(data.resolve("segments/metadata.cq4t"));
    goesOn(data, 901);
  }

  @Test
  void aSegmentThatWasJustBegunIsMadeAnew() throws Exception {
    Path data = log(5);
    Path next = data.resolve("segments/20260501-11F.cq4");
    Files.write(next, new byte[100_000]);
    AuditLogTest.SteppingClock later =
        new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T11:10:00Z"));
    try (AuditLog log = AuditLog.open(data, CONFIG.toBuilder().clock(later).build())) {
      assertThat(log.append(AuditLogTest.events(4), null).get().firstId()).isEqualTo(17);
    }
    assertThat(LogChecker.check(data).findings()).isEmpty();
    assertThat(LogFiles.segments(data)).hasSize(2);
  }

  /** No crash leaves that, because a segment begins only when the one before it is forced. */
  @Test
  void aSegmentThatIsNotWholeBeforeOneWithoutABlockIsRefused() throws Exception {
    Path data = log(5);
    Path segment = LogFiles.segments(data).getFirst();
    long torn = LogFiles.blocks(segment).getLast();
    LogFiles.write(segment, torn + 60, new byte[30]);
    byte[] whole = Files.readAllBytes(segment);
    Files.write(data.resolve("segments/20260501-11F.cq4"), new byte[100_000]);
    assertThatThrownBy(() -> AuditLog.open(data, CONFIG))
        .isInstanceOf(LogException.Corrupt.class)
        .hasMessageContaining(segment.getFileName() + "@" + torn);
    assertThat(Files.readAllBytes(segment)).isEqualTo(whole);
    assertThat(PythonVerifier.verify(data).faults()).isNotEmpty();
  }

  /** What was forced while the log was opened, in order. */
  private List<String> forcedByOpening(Path data) throws Exception {
    Path file = directory.resolve("forces.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("jdk.FileForce").withoutThreshold();
      recording.start();
      AuditLog.open(data, CONFIG).close();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .sorted(Comparator.comparing(RecordedEvent::getStartTime))
        .map(event -> event.getString("path"))
        .toList();
  }

  @Test
  void whatStaysIsForcedBeforeItIsSigned() throws Exception {
    Path good = log(5);
    for (byte[] end : List.of(new byte[4], new byte[] {0, 0, 0, (byte) 0xC0})) {
      Path data = directory.resolve("ends" + end[3]);
      LogFiles.copy(good, data);
      Path segment = LogFiles.segments(data).getFirst();
      LogFiles.write(segment, LogFiles.end(segment), end);
      List<String> forced = forcedByOpening(data);
      String edge = data.resolve("edge").toString();
      assertThat(forced.stream().takeWhile(path -> !path.startsWith(edge)))
          .hasSizeLessThan(forced.size())
          .containsSubsequence(segment.toString(), data.resolve("segments").toString());
    }
  }

  @Test
  void whatIsTakenOutIsDurableElsewhereBefore() throws Exception {
    Path data = log(5);
    Path segment = LogFiles.segments(data).getFirst();
    LogFiles.write(segment, LogFiles.end(segment), new byte[] {0, 0, 0, (byte) 0x80, 1});
    assertThat(forcedByOpening(data))
        .containsSubsequence(
            // Opening forces the directory that names the data directory first.
            directory.toString(),
            data.toString(),
            data.resolve("dropped").toString(),
            segment.toString());
  }
}
