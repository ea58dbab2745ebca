package io.tallystick.store.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
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
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whatever bit of a segment's head flips, the log opens and goes on, and no entry is lost. Where
 * Chronicle Queue does not find its version in the head, it does not pad blocks to four bytes, and
 * puts the next header elsewhere: so each length of the last block, modulo 4, is a case of its own.
 */
@Timeout(7_200)
class SegmentHeadBitTest {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");
  private static final int BLOCKS = 6;

  /** Before the newest segment, and the newest. */
  private static final int FIRST_DAMAGED = 1;

  /** Where the settings and the head of the index of indexes end, its first value included. */
  private static final int SETTINGS_BYTES = 0xF8;

  private static final int INDEX_TO_INDEX = 0xC8;

  /** The first index, up to its first value. */
  private static final int INDEX = 0x80F0;

  private static final int INDEX_BYTES = 0x28;
  private static final int FIRST_BLOCK = 0x10110;

  @TempDir Path directory;

  private final Random random = new Random();
  private final AuditLogTest.SteppingClock clock =
      new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));
  private Path data;

  @BeforeEach
  void name() {
    data = directory.resolve("log");
  }

  /** A log of three segments, the last block of each {@code more} bytes longer than the others. */
  private void makeALog(int more) throws Exception {
    for (int hour = 0; hour < 3; hour++) {
      try (AuditLog log = open(data)) {
        for (int block = 1; block <= BLOCKS; block++) {
          log.append(List.of(event(block == BLOCKS ? more : 0)), null).get();
        }
      }
      clock.now = clock.now.plus(Duration.ofHours(1));
    }
  }

  private static Event event(int more) {
    return Event.builder("test.head").action("x".repeat(1 + more)).build();
  }

  private AuditLog open(Path where) throws IOException {
    return AuditLog.open(where, AuditLogTest.CONFIG.toBuilder().clock(clock).build());
  }

  /** The bits that showed it and another one; in a long run, all of what is not empty. */
  private int[] bits() {
    int settings = SETTINGS_BYTES * Byte.SIZE;
    int index = INDEX * Byte.SIZE;
    int[] used =
        IntStream.concat(
                IntStream.range(0, settings),
                IntStream.range(index, index + INDEX_BYTES * Byte.SIZE))
            .toArray();
    if (LONG) {
      IntStream empty = random.ints(100, settings, FIRST_BLOCK * Byte.SIZE);
      return IntStream.concat(IntStream.of(used), empty).toArray();
    }
    // The length of the index's settings, and the name of the version.
    return new int[] {104 * Byte.SIZE + 1, 186 * Byte.SIZE, used[random.nextInt(used.length)]};
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 1", "2, 1", "3, 1", "0, 2", "1, 2", "2, 2", "3, 2"})
  void noFlippedBitLosesAnEntry(int more, int segment) throws Exception {
    makeALog(more);
    for (int bit : bits()) {
      // In the hour of the newest segment, or when that is closed.
      for (int hour : LONG ? new int[] {12, 13} : new int[] {12 + random.nextInt(2)}) {
        clock.now = Instant.parse("2026-05-01T" + hour + ":20:00Z");
        Path copy = directory.resolve("copy");
        LogFiles.copy(data, copy);
        LogFiles.flip(LogFiles.segments(copy).get(segment), bit / 8, bit % 8);
        assertGoesOn(copy, of(bit) + " of segment " + segment + " at " + hour + ":20");
        LogFiles.delete(copy);
      }
    }
  }

  private static String of(int bit) {
    return "bit " + bit % Byte.SIZE + " of byte " + bit / Byte.SIZE;
  }

  /** No checkpoint covers the entries yet, but they were acknowledged. */
  @Test
  void noDamagedHeaderBeforeTheBlocksLosesWhatIsNotSealed() throws Exception {
    makeALog(0);
    clock.now = Instant.parse("2026-05-01T12:20:00Z");
    LogFiles.unsealToCreation(data);
    for (int header : List.of(0, INDEX_TO_INDEX, INDEX)) {
      int first = header * Byte.SIZE;
      for (int bit : random.ints(2, first, first + Integer.SIZE).toArray()) {
        Path copy = directory.resolve("copy");
        LogFiles.copy(data, copy);
        LogFiles.flip(LogFiles.segments(copy).getLast(), bit / 8, bit % 8);
        assertGoesOn(copy, of(bit));
        assertThat(copy.resolve("dropped")).doesNotExist();
        LogFiles.delete(copy);
      }
    }
  }

  @Test
  void aCorrectionIsSaid() throws Exception {
    makeALog(1);
    clock.now = Instant.parse("2026-05-01T12:20:00Z");
    Path newest = LogFiles.segments(data).getLast();
    List<String> said = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            if (entry.getLevel().equals(Level.WARNING)) {
              said.add(new SimpleFormatter().formatMessage(entry));
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("io.tallystick.store.segment");
    logger.addHandler(handler);
    try {
      open(data).close();
      assertThat(said).isEmpty();
      LogFiles.flip(newest, 186, 0);
      open(data).close();
      assertThat(said)
          .singleElement()
          .asString()
          .contains(newest.getFileName() + "@186", "damaged head");
    } finally {
      logger.removeHandler(handler);
    }
  }

  private void assertGoesOn(Path copy, String what) throws Exception {
    long last = LogReader.open(data).lastId();
    for (int start = 1; start <= 2; start++) {
      try (AuditLog log = open(copy)) {
        log.append(List.of(event(start)), null).get();
      } catch (Exception e) {
        throw new AssertionError(what, e);
      }
    }
    assertThat(LogReader.open(copy).lastId()).as(what).isEqualTo(last + 2);
    assertThat(faults(copy)).as(what).isEmpty();
    List<Path> before = LogFiles.segments(data);
    List<Path> after = LogFiles.segments(copy);
    for (int i = FIRST_DAMAGED; i < before.size(); i++) {
      assertThat(blocks(after.get(i), before.get(i))).as(what).isEqualTo(blocks(before.get(i)));
    }
  }

  private static List<Fault> faults(Path log) throws Exception {
    return new LogVerifier(LogReader.open(log))
        .verify(VerifyRequest.all().strictly(), null)
        .faults();
  }

  private static byte[] blocks(Path segment) throws Exception {
    return blocks(segment, segment);
  }

  /** The bytes of a segment in the places where another one has blocks. */
  private static byte[] blocks(Path segment, Path other) throws Exception {
    long end = LogFiles.end(other);
    return LogFiles.read(segment, FIRST_BLOCK, (int) (end - FIRST_BLOCK));
  }
}
