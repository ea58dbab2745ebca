package io.tallystick.store.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Fault;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.SegmentCursor;
import io.tallystick.store.segment.SegmentFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an attacker with the disk can do to personal values, and that verification names it. */
class PersonalTamperTest {
  private static final List<PersonalField> PERSONAL =
      PersonalField.of(List.of("actor_username", "details.email"));

  @TempDir Path directory;
  private Path data;
  private Path segment;

  @BeforeEach
  void makeALog() throws Exception {
    data = directory.resolve("log");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      for (int b = 0; b < 3; b++) {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          Event event =
              Event.builder("auth.login")
                  .actorUsername("user-" + b + i)
                  .details(Details.parse("{\"email\":\"user@example.com\"}"))
                  .build();
          events.add(i == 1 ? event : event.withPersonal(PERSONAL));
        }
        log.append(events, "web").get();
      }
    }
    segment = LogFiles.segments(data).getFirst();
  }

  /** The block of entries 6 to 9, at its place. */
  private record Found(Block block, long position) {}

  private Found block() throws Exception {
    try (SegmentFile file = SegmentFile.open(segment)) {
      SegmentCursor cursor = new SegmentCursor(file, 0);
      while (cursor.next()) {
        if (cursor.block().firstId() == 6) {
          return new Found(cursor.block(), cursor.position() + 4);
        }
      }
    }
    throw new IllegalStateException("no block");
  }

  private VerifyReport judged() throws Exception {
    return PythonVerifier.verify(data);
  }

  private void erase(long first, long last, String... fields) throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      List<Erasure.Ids> ids = List.of(new Erasure.Ids(first, last));
      log.erase(Erasure.events(ids, PersonalField.of(List.of(fields)), "r", null, false));
    }
  }

  @Test
  void aFlippedBitOfAValueNamesEntryAndField() throws Exception {
    Found found = block();
    Random random = new Random(3);
    int judged = 0;
    for (int i : List.of(0, 2, 3)) {
      for (int member = 0; member < 2; member++) {
        Block.Personal place = found.block().place(i, member);
        for (int at = 0; at < place.length(); at++) {
          long position = found.position() + place.offset() + at;
          int bit = random.nextInt(8);
          LogFiles.flip(segment, position, bit);
          VerifyReport report =
              judged++ % 20 == 0
                  ? judged()
                  : new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null);
          assertThat(report.faults())
              .singleElement()
              .isEqualTo(
                  new Fault(
                      6 + i,
                      Fault.Kind.CONTENT,
                      "entry %d has a personal value of %s that is not the one that was written"
                          .formatted(6 + i, PERSONAL.get(member))));
          LogFiles.flip(segment, position, bit);
        }
      }
    }
    assertThat(judged().valid()).isTrue();
  }

  @Test
  void everyChangedValueOfAnEntryIsNamed() throws Exception {
    Found found = block();
    for (int member = 0; member < 2; member++) {
      Block.Personal place = found.block().place(2, member);
      LogFiles.flip(segment, found.position() + place.offset() + place.length() - 2, 0);
    }
    List<String> both =
        PERSONAL.stream()
            .map(field ->
                "entry 8 has a personal value of "
                    + field
                    + " that is not the one that was written")
            .toList();
    assertThat(judged().faults()).extracting(Fault::reason).containsExactlyElementsOf(both);
    for (VerifyRequest request :
        List.of(VerifyRequest.range(8, 8), VerifyRequest.range(8, 9).quickly())) {
      assertThat(new LogVerifier(LogReader.open(data)).verify(request, null).faults())
          .extracting(Fault::reason)
          .containsExactlyElementsOf(both);
    }
  }

  /** The directory is under the block's CRC32C. */
  @Test
  void aFlippedBitOfTheAnnexesDirectoryIsDamageOfTheBlock() throws Exception {
    Found found = block();
    int last = found.block().count() - 1;
    int from = found.block().entryOffset(last) + found.block().entryLength(last);
    int to = found.block().place(0, 0).offset();
    Random random = new Random(4);
    for (int at = from; at < to; at++) {
      int bit = random.nextInt(8);
      LogFiles.flip(segment, found.position() + at, bit);
      VerifyReport report =
          at % 10 == 0
              ? judged()
              : new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null);
      assertThat(report.faults()).anyMatch(fault -> fault.kind() == Fault.Kind.BLOCK);
      LogFiles.flip(segment, found.position() + at, bit);
    }
    assertThat(judged().valid()).isTrue();
  }

  @Test
  void aValueThatIsZeroAndThatNobodyErasedIsNamed() throws Exception {
    Found found = block();
    Block.Personal place = found.block().place(2, 1);
    LogFiles.write(segment, found.position() + place.offset(), new byte[place.length()]);
    String fault =
        "entry 8 has no personal value of details.email, and no entry records that it was erased";
    assertThat(judged().faults()).extracting(Fault::reason).containsExactly(fault);
    // One that erased something else does not count.
    erase(8, 8, "actor_username");
    erase(7, 7);
    assertThat(judged().faults()).extracting(Fault::reason).containsExactly(fault);
    for (VerifyRequest request :
        List.of(VerifyRequest.range(8, 8), VerifyRequest.range(8, 9).quickly())) {
      assertThat(new LogVerifier(LogReader.open(data)).verify(request, null).faults())
          .extracting(Fault::reason)
          .containsExactly(fault);
    }
    erase(8, 8, "details");
    assertThat(judged().valid()).isTrue();
  }

  /** A client cannot say that something was erased. */
  @Test
  void onlyTheLogItselfRecordsErasures() throws Exception {
    Found found = block();
    Block.Personal place = found.block().place(2, 1);
    LogFiles.write(segment, found.position() + place.offset(), new byte[place.length()]);
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      List<Event> events =
          Erasure.events(List.of(new Erasure.Ids(8, 8)), List.of(), "r", null, false);
      log.append(events, "web").get();
    }
    assertThat(judged().valid()).isFalse();
  }

  /** From an old copy of the segment. */
  @Test
  void aValueThatComesBackAfterItsErasureIsNamed() throws Exception {
    Found found = block();
    Block.Personal place = found.block().place(2, 0);
    long position = found.position() + place.offset();
    byte[] before = LogFiles.read(segment, position, place.length());
    erase(8, 8, "actor_username");
    LogFiles.write(segment, position, before);
    String fault = "entry 8 still has the personal value of actor_username, which entry 14 erased";
    assertThat(judged().faults()).extracting(Fault::reason).containsExactly(fault);
    // What is left of it is named too.
    LogFiles.write(segment, position, new byte[16]);
    assertThat(judged().faults()).extracting(Fault::reason).containsExactly(fault);
    Files.delete(data.resolve("erasures.json"));
    assertThat(judged().faults()).extracting(Fault::reason).containsExactly(fault);
    erase(8, 8, "actor_username");
    assertThat(judged().valid()).isTrue();
  }

  @Test
  void erasedValuesVerifyAlsoWhereTheListOfErasuresIsLost() throws Exception {
    erase(7, 9);
    Files.delete(data.resolve("erasures.json"));
    assertThat(judged().valid()).isTrue();
    for (VerifyRequest request :
        List.of(VerifyRequest.range(8, 8), VerifyRequest.range(8, 9).quickly())) {
      assertThat(new LogVerifier(LogReader.open(data)).verify(request, null).faults()).isEmpty();
    }
  }

  @Test
  void aDamagedListOfErasuresIsAFault() throws Exception {
    erase(7, 9);
    Path file = data.resolve("erasures.json");
    for (long at : new long[] {0, 17, Files.size(file) - 1}) {
      LogFiles.flip(file, at, 2);
      assertThat(judged().faults())
          .singleElement()
          .satisfies(fault -> assertThat(fault.reason()).contains("erasures.json"));
      LogFiles.flip(file, at, 2);
    }
  }

  /** With a right CRC32C, and without the values. */
  @Test
  void aBlockWithoutItsAnnexIsNamed() throws Exception {
    Found found = block();
    int last = found.block().count() - 1;
    int entries = found.block().entryOffset(last) + found.block().entryLength(last);
    int length = found.block().bytes().length;
    byte[] bytes = java.util.Arrays.copyOf(found.block().bytes(), entries);
    bytes[7] &= 0x7F;
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(bytes, 4, bytes.length - 4);
    java.nio.ByteBuffer.wrap(bytes)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putInt(0, (int) crc.getValue());
    LogFiles.write(segment, found.position(), bytes);
    java.nio.ByteBuffer header =
        java.nio.ByteBuffer.allocate(4).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    LogFiles.write(segment, found.position() - 4, header.putInt(0, entries).array());
    // The next header has to follow: a document of metadata fills the gap.
    int gap = ((length + 3) & ~3) - ((entries + 3) & ~3);
    long at = found.position() + ((entries + 3) & ~3);
    LogFiles.write(segment, at, new byte[gap]);
    LogFiles.write(segment, at, header.putInt(0, 0x4000_0000 | (gap - 4)).array());
    LogFiles.write(segment, at + 4, (byte) 0xB9);
    assertThat(judged().faults())
        .extracting(Fault::reason)
        .containsExactly(
            "entry 6 names 2 personal values, and beside it stand 0",
            "entry 8 names 2 personal values, and beside it stand 0",
            "entry 9 names 2 personal values, and beside it stand 0");
  }
}
