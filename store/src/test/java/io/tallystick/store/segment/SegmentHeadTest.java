package io.tallystick.store.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.log.Fault;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Chronicle Queue believes what it wrote into a segment's head: it appends, and marks the end of a
 * segment, behind what the write position there leads to. A damaged head must not lead it into
 * entries.
 */
@Timeout(3_600)
class SegmentHeadTest {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");
  private static final int SEGMENTS = 3;
  private static final int HEAD_BITS = 2_048;

  /**
   * The write position's first bit in the segments of this test, and how many of its bits matter.
   */
  private static final int POSITION = 512;

  private static final int POSITION_BITS = 48;

  private int verifications;

  @TempDir Path directory;

  private final Random random = new Random();
  private final AuditLogTest.SteppingClock clock =
      new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));
  private Path data;

  @BeforeEach
  void makeALog() throws Exception {
    data = directory.resolve("log");
    for (int hour = 0; hour < SEGMENTS; hour++) {
      try (AuditLog log = open(data)) {
        for (int block = 0; block < 20; block++) {
          log.append(events(1 + block), null).get();
        }
      }
      clock.now = clock.now.plus(Duration.ofHours(1));
    }
  }

  private static List<Event> events(int count) {
    return IntStream.range(0, count).mapToObj(AuditLogTest::event).toList();
  }

  private AuditLog open(Path where) throws IOException {
    return AuditLog.open(where, AuditLogTest.CONFIG.toBuilder().clock(clock).build());
  }

  private int[] bits() {
    IntStream position =
        LONG
            ? IntStream.range(0, POSITION_BITS)
            : IntStream.generate(() -> random.nextInt(POSITION_BITS)).limit(4);
    IntStream anywhere = random.ints(LONG ? 150 : 4, 0, HEAD_BITS);
    return IntStream.concat(position.map(bit -> POSITION + bit), anywhere).toArray();
  }

  /** The oldest, the one before the newest, and the newest segment. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aDamagedOneLeadsNobodyIntoEntries(int segment) throws Exception {
    for (int bit : bits()) {
      // In the hour of the newest segment, and when that is closed.
      for (String now : List.of("2026-05-01T12:20:00Z", "2026-05-01T13:20:00Z")) {
        clock.now = Instant.parse(now);
        Path copy = directory.resolve("copy");
        LogFiles.copy(data, copy);
        LogFiles.flip(LogFiles.segments(copy).get(segment), bit / 8, bit % 8);
        assertLeadsNobodyIntoEntries(copy, "bit " + bit + " of segment " + segment + " at " + now);
        LogFiles.delete(copy);
      }
    }
  }

  /** Each 256th block is noted where the array of Chronicle's index says that there is room. */
  @Test
  void aDamagedIndexIsNotWrittenIntoEntries() throws Exception {
    clock.now = Instant.parse("2026-05-01T12:20:00Z");
    Path segment = LogFiles.segments(data).getLast();
    long top;
    try (SegmentFile file = SegmentFile.open(segment)) {
      top = ExcerptIndex.of(file).topArray();
    }
    assertThat(top).isPositive();
    int most = Long.numberOfTrailingZeros(Long.highestOneBit(LogFiles.end(segment))) + 1;
    for (int bit = 0; bit < most; bit++) {
      Path copy = directory.resolve("copy");
      LogFiles.copy(data, copy);
      LogFiles.flip(LogFiles.segments(copy).getLast(), top + bit / 8, bit % 8);
      long last;
      try (AuditLog log = open(copy)) {
        for (int block = 0; block < 300; block++) {
          log.append(events(1), null).get();
        }
        last = log.lastId();
      }
      Path after = LogFiles.segments(copy).getLast();
      assertThat(entries(after, segment)).as("bit %d", bit).isEqualTo(entries(segment));
      assertThat(faults(copy)).as("bit %d", bit).isEmpty();
      try (AuditLog log = open(copy)) {
        assertThat(log.lastId()).isEqualTo(last);
      }
      LogFiles.delete(copy);
    }
  }

  private void assertLeadsNobodyIntoEntries(Path copy, String what) throws Exception {
    long last = LogReader.open(data).lastId();
    boolean found = !faults(copy).isEmpty();
    boolean refused = false;
    for (int start = 1; start <= 2 && !refused; start++) {
      try (AuditLog log = open(copy)) {
        log.append(events(5), null).get();
      } catch (IOException | ExecutionException e) {
        refused = true;
      }
    }
    List<Path> before = LogFiles.segments(data);
    List<Path> after = LogFiles.segments(copy);
    for (int i = 0; i < SEGMENTS; i++) {
      assertThat(entries(after.get(i), before.get(i))).as(what).isEqualTo(entries(before.get(i)));
    }
    if (!refused && !found) {
      assertThat(LogReader.open(copy).lastId()).as(what).isEqualTo(last + 10);
      assertThat(faults(copy)).as(what).isEmpty();
    }
  }

  /** In a normal run the auditor's checker, a new process each time, checks one log in eight. */
  private List<Fault> faults(Path log) throws Exception {
    if (Boolean.getBoolean("tallystick.long") || verifications++ % 8 == 0) {
      return PythonVerifier.verify(log).faults();
    }
    return new LogVerifier(LogReader.open(log))
        .verify(VerifyRequest.all().strictly(), null)
        .faults();
  }

  private static byte[] entries(Path segment) throws Exception {
    return entries(segment, segment);
  }

  /** The bytes of a segment in the places where another one has blocks. */
  private static byte[] entries(Path segment, Path blocks) throws Exception {
    List<Long> positions = new ArrayList<>(LogFiles.blocks(blocks));
    long first = positions.getFirst();
    return LogFiles.read(segment, first, (int) (LogFiles.end(blocks) - first));
  }
}
