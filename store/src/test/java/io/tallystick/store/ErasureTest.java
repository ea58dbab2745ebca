package io.tallystick.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Details;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.SegmentCursor;
import io.tallystick.store.segment.SegmentFile;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.TlogProof;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Erases personal values from a log whose entries have three of them. */
class ErasureTest {
  private static final List<PersonalField> PERSONAL =
      PersonalField.of(List.of("actor_username", "actor_ip", "details.user.email"));
  private static final int ENTRIES = 40;

  /** The entries to erase from, and which of their fields. */
  private static final List<Erasure.Ids> IDS =
      List.of(new Erasure.Ids(3, 3), new Erasure.Ids(11, 20));

  private static final List<PersonalField> FIELDS =
      PersonalField.of(List.of("actor_username", "details.user"));

  @TempDir Path directory;
  private Path data;

  @BeforeEach
  void makeALog() throws Exception {
    data = directory.resolve("log");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      for (int i = 0; i < ENTRIES; i++) {
        log.append(event(i + 2)).get();
      }
      log.reader().tree().keep(log.seal().get());
    }
  }

  private static Event event(int id) {
    return Event.builder("auth.login.failed")
        .actorUsername("alice-" + id)
        .actorIp("192.0.2." + id)
        .details(
            Details.parse(
                "{\"user\":{\"email\":\"alice-%d@example.com\",\"n\":%d},\"x\":1}"
                    .formatted(id, id)))
        .build()
        .withPersonal(PERSONAL);
  }

  private static List<Event> events() {
    return Erasure.events(IDS, FIELDS, "asked by the person", "dpo", false);
  }

  private static boolean isErased(long id) {
    return IDS.stream().anyMatch(ids -> ids.first() <= id && id <= ids.last());
  }

  private Erased erase() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      return log.erase(events());
    }
  }

  /** Every byte of the segments, as far as they are written. */
  private byte[] written() throws Exception {
    Path segment = LogFiles.segments(data).getFirst();
    return LogFiles.read(segment, 0, (int) LogFiles.end(segment));
  }

  /** Where salt and value of each personal value stand in the segment. */
  private Map<String, long[]> places() throws Exception {
    Map<String, long[]> places = new TreeMap<>();
    Path segment = LogFiles.segments(data).getFirst();
    try (SegmentFile file = SegmentFile.open(segment)) {
      SegmentCursor cursor = new SegmentCursor(file, 0);
      while (cursor.next()) {
        Block block = cursor.block();
        for (int i = 0; i < block.count(); i++) {
          StoredEntry entry = block.stored(i);
          int member = 0;
          for (PersonalField field : entry.decode().personal().keySet()) {
            Block.Personal place = block.place(i, member++);
            long at = cursor.position() + 4 + place.offset();
            places.put(entry.id() + " " + field, new long[] {at, place.length()});
          }
        }
      }
    }
    return places;
  }

  private void checkErased() throws Exception {
    LogReader reader = LogReader.open(data);
    for (long id = 2; id < ENTRIES + 2; id++) {
      ReadableEntry entry = reader.read(id).orElseThrow().readable();
      Event sent = event((int) id);
      if (isErased(id)) {
        assertThat(entry.erased())
            .extracting(PersonalField::toString)
            .containsExactly("actor_username", "details.user.email");
        assertThat(entry.event().actorUsername()).isNull();
        assertThat(entry.event().actorIp()).isEqualTo(sent.actorIp());
        assertThat(String.valueOf(entry.event().details())).contains("\"email\":null");
      } else {
        assertThat(entry.event()).isEqualTo(sent);
        assertThat(entry.erased()).isEmpty();
      }
    }
    assertThat(reader.erasures().pendingAfter()).isNull();
    assertThat(verify(VerifyRequest.all().strictly()).faults()).isEmpty();
    assertThat(LogChecker.check(data).findings()).isEmpty();
    for (Path file : files()) {
      assertNowhere(Files.readAllBytes(file), file.toString());
    }
  }

  private static void assertNowhere(byte[] bytes, String where) {
    String text = new String(bytes, UTF_8);
    for (long id = 2; id < ENTRIES + 2; id++) {
      if (isErased(id)) {
        assertThat(text).as(where).doesNotContain("alice-" + id + "\"", "alice-" + id + "@");
      }
    }
  }

  private List<Path> files() throws Exception {
    try (Stream<Path> files = Files.walk(data)) {
      return files.filter(file -> Files.isRegularFile(file)).toList();
    }
  }

  private VerifyReport verify(VerifyRequest request) throws Exception {
    return new LogVerifier(LogReader.open(data)).verify(request, null);
  }

  @Test
  void onlyTheNamedValuesBecomeZerosAndNoOtherByteChanges() throws Exception {
    byte[] before = written();
    Map<String, long[]> places = places();
    Erased erased = erase();
    assertThat(erased.values()).isEqualTo(22);
    assertThat(erased.entries()).containsExactly((long) ENTRIES + 2);
    byte[] due = before.clone();
    places.forEach((name, place) -> {
      String[] words = name.split(" ", -1);
      if (isErased(Long.parseLong(words[0])) && !words[1].equals("actor_ip")) {
        Arrays.fill(due, (int) place[0], (int) (place[0] + place[1]), (byte) 0);
      }
    });
    byte[] after = written();
    int first = LogFiles.blocks(LogFiles.segments(data).getFirst()).getFirst().intValue();
    // Before the first block is what Chronicle notes of its own.
    assertThat(Arrays.copyOfRange(after, first, before.length))
        .isEqualTo(Arrays.copyOfRange(due, first, before.length));
    checkErased();
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
  }

  @Test
  void proofsAndCheckpointsFromBeforeStillHold() throws Exception {
    LogReader reader = LogReader.open(data);
    SignedCheckpoint checkpoint = reader.tree().newest().orElseThrow();
    TlogProof proof = reader.tree().prove(11, checkpoint);
    byte[] entry = reader.read(11).orElseThrow().bytes();
    erase();
    StoredEntry after = LogReader.open(data).read(11).orElseThrow();
    assertThat(after.bytes()).isEqualTo(entry);
    new ProofVerifier(new Hasher())
        .inclusion(
            EntryHash.of(after.bytes()),
            proof.index(),
            proof.hashes(),
            checkpoint.size(),
            checkpoint.checkpoint().root());
    assertThat(verify(VerifyRequest.all().withEarlier(checkpoint.note())).faults()).isEmpty();
    assertThat(verify(VerifyRequest.range(11, 12)).faults()).isEmpty();
    assertThat(verify(VerifyRequest.range(3, 20).quickly()).faults()).isEmpty();
  }

  @Test
  void readersOfTheOpenLogForgetWhatWasErased() throws Exception {
    LogReader other = LogReader.open(data);
    assertThat(other.read(11).orElseThrow().readable().erased()).isEmpty();
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      assertThat(log.reader().read(11).orElseThrow().readable().erased()).isEmpty();
      log.erase(events());
      assertThat(log.reader().read(11).orElseThrow().readable().erased()).hasSize(2);
      // One in another process sees it when it looks for new entries.
      assertThat(other.lastId()).isEqualTo(log.lastId());
      assertThat(other.read(11).orElseThrow().readable().erased()).hasSize(2);
      log.append(event(7)).get();
    }
    checkErased();
  }

  @Test
  void erasuresBesideAppendsAndReadersTouchNothingElse() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Random random = new Random(5);
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG);
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<?> appending =
          threads.submit(() -> {
            while (!done.get()) {
              log.append(List.of(event(7), event(8), event(9)), null).get();
            }
            return null;
          });
      Future<?> reading =
          threads.submit(() -> {
            while (!done.get()) {
              log.reader().forEach(2, log.lastId(), entry -> entry.readable().id() > 0);
            }
            return null;
          });
      try {
        for (int i = 0; i < 15; i++) {
          long first = 2 + random.nextLong(log.lastId() - 1);
          Erasure.Ids ids = new Erasure.Ids(first, Math.min(log.lastId(), first + 20));
          log.erase(Erasure.events(List.of(ids), List.of(), "r", null, false));
          for (long id = ids.first(); id <= ids.last(); id++) {
            assertThat(log.reader().read(id).orElseThrow().readable().values()).isEmpty();
          }
        }
      } finally {
        done.set(true);
      }
      appending.get(60, TimeUnit.SECONDS);
      reading.get(60, TimeUnit.SECONDS);
    }
    assertThat(verify(VerifyRequest.all().strictly()).faults()).isEmpty();
    assertThat(LogChecker.check(data).findings()).isEmpty();
  }

  @Test
  void erasingTwiceIsHarmless() throws Exception {
    erase();
    Erased again = erase();
    assertThat(again.values()).isZero();
    assertThat(LogReader.open(data).erasures().entries())
        .containsExactly((long) ENTRIES + 2, (long) ENTRIES + 3);
    checkErased();
  }

  @Test
  void onlyEntriesThatRecordAnErasureErase() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      long last = log.lastId();
      assertThatThrownBy(() -> log.erase(List.of(Event.of("audit.hold.placed"))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("audit.personal.erased");
      assertThat(log.lastId()).isEqualTo(last);
      // An entry cannot erase from itself or from what comes after it.
      Erased erased =
          log.erase(Erasure.events(List.of(new Erasure.Ids(40, 999)), List.of(), "r", null, false));
      assertThat(erased.values()).isEqualTo(6);
    }
    assertThat(verify(VerifyRequest.all()).faults()).isEmpty();
  }

  /** What a crash at each step of an erasure leaves, and the next open ends. */
  @Test
  void anErasureThatWasInterruptedAnywhereIsCarriedOutAtTheNextOpen() throws Exception {
    Path before = directory.resolve("before");
    LogFiles.copy(data, before);
    Map<String, long[]> places = places();
    List<String> steps = new ArrayList<>(List.of("begun", "recorded", "unsealed", "listed"));
    for (int bytes = 1; bytes < 700; bytes += 122) {
      steps.add("zeroed " + bytes);
    }
    steps.add("all zeroed");
    for (String step : steps) {
      LogFiles.delete(data);
      LogFiles.copy(before, data);
      interrupt(step, places);
      if (step.equals("begun")) {
        AuditLog.open(data, AuditLogTest.CONFIG).close();
        assertThat(LogReader.open(data).erasures().pendingAfter()).isNull();
        erase();
      } else {
        assertThat(verify(VerifyRequest.all()).faults()).as(step).isEmpty();
        if (!step.startsWith("zeroed") || step.endsWith("123")) {
          PythonVerifier.verify(data);
        }
        AuditLog.open(data, AuditLogTest.CONFIG).close();
      }
      checkErased();
    }
  }

  /** Brings the log into the state in which a crash in this step leaves it. */
  private void interrupt(String step, Map<String, long[]> places) throws Exception {
    long last = ENTRIES + 1;
    Path file = data.resolve("erasures.json");
    Erasures.NONE.begin(last).write(file);
    if (step.equals("begun")) {
      return;
    }
    // As a process does that has recorded the erasure, and can go no further.
    Path aside = directory.resolve("aside");
    Files.move(file, aside);
    byte[] sealed = Files.readAllBytes(data.resolve("checkpoint"));
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      log.append(events(), null).get();
      log.seal().get();
    }
    Files.move(aside, file);
    if (step.equals("unsealed")) {
      Files.write(data.resolve("checkpoint"), sealed);
      return;
    }
    if (step.equals("recorded")) {
      return;
    }
    Erasures.read(file).with(List.of(last + 1)).write(file);
    Path segment = LogFiles.segments(data).getFirst();
    long left =
        step.startsWith("zeroed ")
            ? Long.parseLong(step.substring(7))
            : step.equals("listed") ? 0 : 1 << 20;
    for (Map.Entry<String, long[]> place : places.entrySet()) {
      String[] words = place.getKey().split(" ", -1);
      if (isErased(Long.parseLong(words[0])) && !words[1].equals("actor_ip")) {
        int bytes = (int) Math.min(left, place.getValue()[1]);
        LogFiles.write(segment, place.getValue()[0], new byte[bytes]);
        left -= bytes;
      }
    }
  }

  /** A value in a block that cannot be read does not count as erased. */
  @Test
  void whatDamageHidesIsErasedOnceItIsRepaired() throws Exception {
    Path segment = LogFiles.segments(data).getFirst();
    long position = Objects.requireNonNull(places().get("15 actor_username"))[0];
    long header =
        LogFiles.blocks(segment).stream().filter(at -> at < position).reduce(0L, Math::max);
    byte[] good = LogFiles.read(segment, header, 64);
    for (int at : new int[] {3, 40}) {
      try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
        LogFiles.write(segment, header + at, (byte) 0x3F);
        assertThatThrownBy(() -> log.erase(events()))
            .isInstanceOf(LogException.Corrupt.class)
            .hasMessageContaining("nothing can be erased there");
      }
      LogFiles.write(segment, header, good);
      AuditLog.open(data, AuditLogTest.CONFIG).close();
      checkErased();
    }
  }

  @Test
  void aBackupCarriesTheErasureOver() throws Exception {
    Path backup = directory.resolve("backup");
    Backup.make(LogReader.open(data), backup, true);
    erase();
    Backup.make(LogReader.open(data), backup, true);
    LogFiles.delete(data);
    LogFiles.copy(backup, data);
    assertThat(verify(VerifyRequest.all().strictly()).faults()).isEmpty();
    AuditLog.open(data, AuditLogTest.CONFIG).close();
    checkErased();
  }

  /** A checkpoint that is older than the erasure must not make recovery take values for torn. */
  @Test
  void valuesThatWereErasedAreNotTakenForTornOnesUnderAnOlderCheckpoint() throws Exception {
    byte[] early = Files.readAllBytes(data.resolve("checkpoints/1.note"));
    erase();
    LogFiles.unseal(data);
    Files.write(data.resolve("checkpoint"), early);
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      assertThat(log.lastId()).isEqualTo(ENTRIES + 2);
    }
    checkErased();
  }

  /** As a power cut leaves it: the header reached the device, and a page of the annex did not. */
  @Test
  void anUnsealedBlockWhosePersonalValueWasTornIsTruncated() throws Exception {
    Map<String, long[]> places = places();
    long last = ENTRIES + 1;
    Path good = directory.resolve("good");
    LogFiles.unsealToCreation(data);
    LogFiles.copy(data, good);
    Path segment = LogFiles.segments(data).getFirst();
    Map<String, byte[]> torn = new HashMap<>();
    long[] place = Objects.requireNonNull(places.get(last + " actor_username"));
    torn.put("flipped", flipped(segment, place));
    torn.put("zeroed", new byte[(int) place[1]]);
    for (Map.Entry<String, byte[]> one : torn.entrySet()) {
      LogFiles.delete(data);
      LogFiles.copy(good, data);
      LogFiles.write(segment, place[0], one.getValue());
      try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
        assertThat(log.lastId()).as(one.getKey()).isEqualTo(last - 1);
        assertThat(log.append(event(99)).get().firstId()).isEqualTo(last);
      }
      assertThat(data.resolve("dropped").toFile().list()).hasSize(1);
      assertThat(PythonVerifier.verify(data).faults()).isEmpty();
    }
  }

  private static byte[] flipped(Path segment, long[] place) throws Exception {
    byte[] bytes = LogFiles.read(segment, place[0], (int) place[1]);
    bytes[bytes.length - 2] ^= 1;
    return bytes;
  }
}
