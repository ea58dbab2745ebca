package io.tallystick.store.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.PersonalField;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogChecker;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.LogException;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.SegmentCursor;
import io.tallystick.store.segment.SegmentFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an attacker with the disk can change in a log of three segments, and that verification and
 * the auditor's checker ({@link PythonVerifier}) name it.
 */
public class TamperTest {
  private static final int BLOCK = 10;
  private static final int BLOCKS = 30;
  private static final int BLOCKS_PER_HOUR = 10;
  private static final long LAST = 1 + BLOCK * BLOCKS;

  private static final List<PersonalField> USERNAME = PersonalField.of(List.of("actor_username"));

  /** The kinds of fault that the entries show by themselves, without a tree over them. */
  private static final Set<Fault.Kind> CHAIN_KINDS =
      EnumSet.of(Fault.Kind.CONTENT, Fault.Kind.CHAIN, Fault.Kind.SEQUENCE, Fault.Kind.TIME);

  @TempDir Path directory;
  private Path data;
  private Path segment;

  @BeforeEach
  void makeALog() throws Exception {
    data = directory.resolve("log");
    AuditLogTest.SteppingClock clock =
        new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:00:01Z"));
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build())) {
      for (int b = 0; b < BLOCKS; b++) {
        List<Event> batch = new ArrayList<>();
        for (int i = 0; i < BLOCK; i++) {
          Event event =
              Event.builder("auth.login.failed").actorUsername("user-%02d".formatted(i)).build();
          batch.add(i == BLOCK - 1 ? event.withPersonal(USERNAME) : event);
        }
        log.append(batch, null).get();
        clock.now = clock.now.plusSeconds(3_600 / BLOCKS_PER_HOUR);
      }
    }
    assertThat(LogFiles.segments(data)).hasSize(3);
    segment = LogFiles.segments(data).get(1);
  }

  private VerifyReport verify() throws Exception {
    return new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all().strictly(), null);
  }

  private VerifyReport verify(long start, long end) throws Exception {
    return new LogVerifier(LogReader.open(data)).verify(VerifyRequest.range(start, end), null);
  }

  private static Set<Long> entryFaults(VerifyReport report) {
    return report.faults().stream()
        .filter(f -> CHAIN_KINDS.contains(f.kind()))
        .map(Fault::id)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Somewhere in a segment. */
  private record Place(Path segment, long position) {
    void flip(long further, int bit) throws IOException {
      LogFiles.flip(segment, position + further, bit);
    }

    void rewrite(UnaryOperator<List<byte[]>> change) throws IOException {
      LogFiles.rewrite(segment, position, change);
    }
  }

  private Place block(long id) throws IOException {
    return find(id, false);
  }

  private Place entry(long id) throws IOException {
    return find(id, true);
  }

  private Place find(long id, boolean firstByte) throws IOException {
    for (Path file : LogFiles.segments(data)) {
      try (SegmentFile opened = SegmentFile.open(file)) {
        SegmentCursor cursor = new SegmentCursor(opened, 0);
        while (cursor.next()) {
          Block block = cursor.block();
          if (block.firstId() <= id && id <= block.lastId()) {
            int further = firstByte ? 4 + block.entryOffset((int) (id - block.firstId())) : 0;
            return new Place(file, cursor.position() + further);
          }
        }
      }
    }
    throw new IllegalStateException("no entry " + id);
  }

  /** The report on the whole log, which the auditor's checker agrees with. */
  private VerifyReport judged() throws Exception {
    return PythonVerifier.verify(data);
  }

  @Test
  void aGoodLogIsValidInWholeAndInEveryPart() throws Exception {
    assertThat(judged().valid()).isTrue();
    assertThat(LogChecker.check(data).clean()).isTrue();
    Random random = new Random(1);
    for (int i = 0; i < 50; i++) {
      long start = 1 + random.nextLong(LAST);
      long end = start + random.nextLong(LAST - start + 1);
      VerifyReport report = verify(start, end);
      assertThat(report.faults()).isEmpty();
      assertThat(report.entriesChecked()).isEqualTo(end - start + 1);
    }
    VerifyReport range = verify(100, 200);
    assertThat(range.valid()).isTrue();
    assertThat(range.leafHashes()).isEqualTo(101);
  }

  @Test
  void aFlippedBitAnywhereInAnEntryIsFoundAndNamed() throws Exception {
    Random random = new Random(2);
    for (long id : List.of(1L, 2L, 11L, 12L, 150L, LAST - 1, LAST)) {
      Place entry = entry(id);
      int length = LogReader.open(data).read(id).orElseThrow().bytes().length;
      for (int i = 0; i < 40; i++) {
        int at = random.nextInt(length);
        int bit = random.nextInt(8);
        entry.flip(at, bit);
        VerifyReport report = i == 0 ? judged() : verify();
        assertThat(report.valid()).isFalse();
        assertThat(entryFaults(report)).isNotEmpty().isSubsetOf(id, id + 1);
        assertThat(entryFaults(report)).containsAll(LogChecker.check(data).faultyIds());
        String named = "entry " + id + " ";
        assertThat(report.faults()).anyMatch(f -> f.reason().contains(named));
        entry.flip(at, bit);
      }
    }
    assertThat(verify().valid()).isTrue();
  }

  @Test
  void anEntryRewrittenWithARightCrcBreaksTheChain() throws Exception {
    block(150)
        .rewrite(entries -> {
          List<byte[]> changed = new ArrayList<>(entries);
          int i = 3;
          String entry = new String(changed.get(i), StandardCharsets.UTF_8);
          changed.set(i, entry.replace("user-", "USER-").getBytes(StandardCharsets.UTF_8));
          return changed;
        });
    VerifyReport report = judged();
    assertThat(report.faults())
        .extracting(Fault::kind)
        .containsOnly(Fault.Kind.CHAIN, Fault.Kind.TREE);
    assertThat(entryFaults(report)).isEqualTo(LogChecker.check(data).faultyIds());
  }

  /** With a correct CRC for the changed block, as a deliberate attacker would write it. */
  @Test
  void oneChangedByteOfAnyFieldIsFound() throws Exception {
    String sent =
        """
        {"event_type":"auth.login.failed","outcome":"failure","severity":"medium","tenant":"acme",
         "actor_type":"user","actor_id":1234,"actor_username":"somebody","actor_ip":"203.0.113.117",
         "user_agent":"browser","actor_host":"proxy-1","session_id":"s-1","target_type":"host",
         "target_id":"1234","action":"login","target_name":"web","occurred_at":"2026-05-01T09:11:11Z",
         "event_id":"e-1","request_id":"1234-5678","trace_id":"0af7651916cd43dd8448eb211c80319c",
         "source_seq":1234,"details":{"method":"password"}}\
        """;
    Event event = EventReader.readOne(sent.getBytes(StandardCharsets.UTF_8));
    long id;
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      id = log.append(List.of(event, event), "writer").get().firstId();
      log.append(AuditLogTest.events(5), null).get();
    }
    String line =
        new String(LogReader.open(data).read(id).orElseThrow().bytes(), StandardCharsets.UTF_8);
    Matcher fields =
        Pattern.compile("[{,]\"([a-z_]+)\":(\\{[^}]*}|\"[^\"]*\"|[0-9]+)").matcher(line);
    int found = 0;
    for (; fields.find(); found++) {
      int at = (fields.start(2) + fields.end(2)) / 2;
      int bit = 1;
      block(id).rewrite(entries -> changed(entries, 0, at, bit));
      VerifyReport report = judged();
      assertThat(report.valid()).as(fields.group(1)).isFalse();
      assertThat(entryFaults(report)).as(fields.group(1)).isNotEmpty().isSubsetOf(id, id + 1);
      assertThat(report.faults()).as(fields.group(1)).anyMatch(f -> f.kind() == Fault.Kind.TREE);
      block(id).rewrite(entries -> changed(entries, 0, at, bit));
    }
    assertThat(found).as("fields in %s", line).isEqualTo(25);
    assertThat(judged().valid()).isTrue();
  }

  private static List<byte[]> changed(List<byte[]> entries, int index, int at, int bit) {
    entries.get(index)[at] ^= (byte) (1 << bit);
    return entries;
  }

  @Test
  void exchangedEntriesAreFound() throws Exception {
    block(150)
        .rewrite(entries -> {
          List<byte[]> changed = new ArrayList<>(entries);
          Collections.swap(changed, 2, 5);
          return changed;
        });
    VerifyReport report = judged();
    assertThat(report.valid()).isFalse();
    assertThat(entryFaults(report)).hasSizeGreaterThan(2);
    assertThat(entryFaults(report)).isEqualTo(LogChecker.check(data).faultyIds());
  }

  @Test
  void aRepeatedEntryInThePlaceOfTheNextIsFound() throws Exception {
    block(150)
        .rewrite(entries -> {
          List<byte[]> changed = new ArrayList<>(entries);
          changed.set(4, changed.get(3));
          return changed;
        });
    VerifyReport report = judged();
    assertThat(report.valid()).isFalse();
    assertThat(entryFaults(report)).isEqualTo(LogChecker.check(data).faultyIds());
  }

  @Test
  void removedExchangedAndRepeatedBlocksAreFound() throws Exception {
    List<Long> blocks = LogFiles.blocks(segment);
    Path good = directory.resolve("good");
    LogFiles.copy(data, good);
    for (String change : List.of("remove", "exchange", "repeat", "insert")) {
      LogFiles.delete(data);
      LogFiles.copy(good, data);
      long third = blocks.get(4);
      long fourth = blocks.get(5);
      int size = (int) (fourth - third);
      byte[] one = LogFiles.read(segment, third, size);
      byte[] two = LogFiles.read(segment, fourth, (int) (blocks.get(6) - fourth));
      assertThat(two).hasSize(size);
      switch (change) {
        case "remove" -> {
          // A metadata document in the block's place: no reader sees a block there.
          byte[] header = LogFiles.read(segment, third, 4);
          header[3] |= 0x40;
          LogFiles.write(segment, third, header);
        }
        case "exchange" -> {
          LogFiles.write(segment, third, two);
          LogFiles.write(segment, fourth, one);
        }
        case "repeat" -> LogFiles.write(segment, fourth, one);
        default -> {
          int tail = (int) (LogFiles.end(segment) - fourth);
          byte[] rest = LogFiles.read(segment, fourth, tail);
          LogFiles.write(segment, fourth, one);
          LogFiles.write(segment, fourth + size, rest);
        }
      }
      VerifyReport report = judged();
      assertThat(report.valid()).as(change).isFalse();
      assertThat(entryFaults(report)).as(change).isNotEmpty();
      assertThat(entryFaults(report)).as(change).isEqualTo(LogChecker.check(data).faultyIds());
    }
  }

  @Test
  void damagedHeadersOfBlocksAreFoundAndWhatFollowsIsStillChecked() throws Exception {
    for (Path file : LogFiles.segments(data)) {
      List<Long> blocks = LogFiles.blocks(file);
      for (long block : List.of(blocks.getFirst(), blocks.get(5), blocks.getLast())) {
        boolean last = block == block(LAST).position() && file.equals(block(LAST).segment());
        for (int at = 0; at < 20; at++) {
          int bit = 3 * at % 8;
          LogFiles.flip(file, block + at, bit);
          VerifyReport report = at % 10 == 0 ? judged() : verify();
          String what = "%s@%d byte %d bit %d".formatted(file.getFileName(), block, at, bit);
          assertThat(report.valid()).as(what).isFalse();
          if (!last && at < 4) {
            assertThat(report.lastId()).as(what).isEqualTo(LAST);
          }
          LogFiles.flip(file, block + at, bit);
        }
      }
    }
    assertThat(verify().valid()).isTrue();
  }

  @Test
  void aZeroedPageIsFound() throws Exception {
    Place entry = entry(150);
    LogFiles.write(entry.segment(), entry.position() & ~4095L, new byte[4096]);
    VerifyReport report = judged();
    assertThat(report.valid()).isFalse();
    assertThat(report.lastId()).isEqualTo(LAST);
    assertThat(entryFaults(report)).isNotEmpty();
  }

  /** Zeros look like the end of what was written, but the checkpoint covers entries behind them. */
  @Test
  void aZeroedPageInTheNewestSegmentIsNotTheEnd() throws Exception {
    Place entry = entry(LAST - 50);
    assertThat(entry.segment()).isEqualTo(LogFiles.segments(data).getLast());
    LogFiles.write(entry.segment(), entry.position() & ~4095L, new byte[4096]);
    VerifyReport report = judged();
    assertThat(report.lastId()).isEqualTo(LAST);
    assertThat(report.faults())
        .extracting(Fault::reason)
        .noneMatch(reason -> reason.contains("log ends"))
        .anyMatch(reason -> reason.matches("entry .* entries .* are missing"));
    assertThat(verify(LAST - 9, LAST).faults()).isEmpty();
    assertThat(quick(VerifyRequest.range(LAST - 9, LAST)).faults()).isEmpty();
    LogReader reader = LogReader.open(data);
    assertThat(reader.lastId()).isEqualTo(LAST);
    assertThat(reader.read(LAST - 9)).isPresent();
    assertThatThrownBy(() -> reader.read(LAST - 50)).isInstanceOf(LogException.Corrupt.class);
  }

  @Test
  void everyEntryOfAZeroedEndIsNamed() throws Exception {
    Place block = block(LAST - 25);
    int rest = (int) (LogFiles.end(block.segment()) - block.position());
    LogFiles.write(block.segment(), block.position(), new byte[rest]);
    long last = LogReader.open(data).lastId();
    assertThat(last).isBetween(LAST - 35, LAST - 26);
    String missing =
        "entries " + (last + 1) + " to " + LAST + " are missing: the log ends before them";
    for (VerifyReport report : List.of(judged(), quick(VerifyRequest.all()))) {
      assertThat(report.faults())
          .extracting(Fault::kind, Fault::reason)
          .contains(tuple(Fault.Kind.SEQUENCE, missing));
    }
  }

  private VerifyReport quick(VerifyRequest request) throws Exception {
    return new LogVerifier(LogReader.open(data)).verify(request.quickly(), null);
  }

  @Test
  void everyFaultIsReportedNotOnlyTheFirst() throws Exception {
    for (long id : List.of(20L, 120L, 220L)) {
      entry(id).flip(150, 0);
    }
    assertThat(entryFaults(judged())).contains(21L, 121L, 221L);
    assertThat(verify(100, 200).faults())
        .extracting(Fault::id)
        .allMatch(id -> id >= 100 && id <= 200);
    assertThat(verify(122, 200).faults())
        .as("only the block that holds entry 122 is damaged")
        .allMatch(f -> f.kind() == Fault.Kind.BLOCK || f.kind() == Fault.Kind.CHAIN);
    assertThat(verify(130, 210).valid()).isTrue();
  }

  @Test
  void aDamagedLogIsNotAnsweredAsAShorterOne() throws Exception {
    for (long id : List.of(5L, 150L, LAST)) {
      entry(id).flip(150, 0);
      LogReader reader = LogReader.open(data);
      assertThat(reader.lastId()).isEqualTo(LAST);
      assertThatThrownBy(() -> reader.read(id))
          .isInstanceOf(LogException.Corrupt.class)
          .hasMessageContaining("tally verify");
      entry(id).flip(150, 0);
    }
  }

  @Test
  void aRangeBeyondTheEndSaysSo() throws Exception {
    VerifyReport report = verify(LAST - 1, LAST + 5);
    assertThat(report.valid()).isFalse();
    assertThat(report.faults())
        .singleElement()
        .satisfies(f -> assertThat(f.id()).isEqualTo(LAST + 1));
  }

  @Test
  void aLogWhoseEndDoesNotHoldTogetherIsNotAppendedTo() throws Exception {
    block(LAST)
        .rewrite(entries -> {
          List<byte[]> changed = new ArrayList<>(entries);
          String entry = new String(changed.get(3), StandardCharsets.UTF_8);
          changed.set(3, entry.replace("user-", "USER-").getBytes(StandardCharsets.UTF_8));
          return changed;
        });
    assertThatThrownBy(() -> AuditLog.open(data, AuditLogTest.CONFIG))
        .isInstanceOf(LogException.Corrupt.class)
        .hasMessageContaining("entry " + (LAST - 5));
    assertThat(LogReader.open(data).read(5)).isPresent();
  }

  @Test
  void verificationGoesOnWhileTheLogIsWritten() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                long deadline = System.nanoTime() + Duration.ofMillis(700).toNanos();
                while (System.nanoTime() < deadline) {
                  log.append(AuditLogTest.events(20), null).join();
                }
              });
      while (writer.isAlive()) {
        assertThat(new LogVerifier(log.reader()).verify(VerifyRequest.all(), null).faults())
            .isEmpty();
        assertThat(new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null).faults())
            .isEmpty();
      }
      writer.join();
    }
  }
}
