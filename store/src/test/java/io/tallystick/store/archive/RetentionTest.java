package io.tallystick.store.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Event;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import io.tallystick.tlog.EntryBundle;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log over five hours of three days, of which the first four hours are old. */
public class RetentionTest {
  private static final List<String> HOURS =
      List.of("01T22:10", "01T23:10", "02T00:10", "02T07:10", "03T10:10");
  private static final int PER_HOUR = 300;
  private static final Instant OLD = Instant.parse("2026-05-03T00:00:00Z");

  @TempDir Path directory;
  private Path data;
  private final AuditLogTest.SteppingClock clock =
      new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T22:10:00Z"));

  /** The checkpoints that an auditor noted after each hour. */
  private final List<SignedNote> exported = new ArrayList<>();

  @BeforeEach
  void makeALog() throws Exception {
    data = directory.resolve("log");
    try (AuditLog log = open()) {
      for (String hour : HOURS) {
        clock.now = Instant.parse("2026-05-" + hour + ":00Z");
        for (int i = 0; i < PER_HOUR / 10; i++) {
          log.append(AuditLogTest.events(10), null).get();
          clock.now = clock.now.plusSeconds(1);
        }
        exported.add(log.seal().get().note());
      }
    }
    assertThat(LogFiles.segments(data)).hasSize(5);
  }

  private AuditLog open() throws Exception {
    return AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build());
  }

  private static List<Horizon.Removed> run(AuditLog log, Retention.Mode mode) throws Exception {
    Retention retention = new Retention(log);
    List<Horizon.Removed> removed = new ArrayList<>();
    for (Retention.Batch batch : retention.plan(OLD, Long.MAX_VALUE)) {
      removed.add(retention.remove(batch, mode, "operator"));
    }
    return removed;
  }

  private void assertSound(LogReader log) throws Exception {
    for (SignedNote earlier : exported) {
      VerifyReport report =
          new LogVerifier(log).verify(VerifyRequest.all().withEarlier(earlier).strictly(), null);
      assertThat(report.faults()).isEmpty();
      assertThat(report.firstId()).isEqualTo(log.firstId());
    }
    assertThat(new LogVerifier(log).verify(VerifyRequest.all().quickly(), null).faults()).isEmpty();
  }

  @Test
  void aPlanHoldsWholeClosedSegmentsByDayUpToWhatMustStay() throws Exception {
    try (AuditLog log = open()) {
      Retention retention = new Retention(log);
      List<Retention.Batch> plan = retention.plan(OLD, Long.MAX_VALUE);
      assertThat(plan)
          .extracting(Retention.Batch::firstId, Retention.Batch::lastId, Retention.Batch::day)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple(1L, 601L, LocalDate.of(2026, 5, 1)),
              org.assertj.core.groups.Tuple.tuple(602L, 1201L, LocalDate.of(2026, 5, 2)));
      assertThat(retention.plan(Instant.parse("2026-05-02T00:59:59Z"), Long.MAX_VALUE))
          .extracting(Retention.Batch::lastId)
          .containsExactly(601L);
      assertThat(retention.plan(OLD, 1_201))
          .extracting(Retention.Batch::lastId)
          .containsExactly(601L, 901L);
      assertThat(retention.plan(OLD, 1)).isEmpty();
      assertThat(retention.plan(Instant.parse("2030-01-01T00:00:00Z"), Long.MAX_VALUE))
          .extracting(Retention.Batch::lastId)
          .as("the newest segment stays")
          .containsExactly(601L, 1201L);
    }
  }

  @Test
  void whatIsLeftVerifiesAndContinuesEveryOlderCheckpoint() throws Exception {
    LogReader other = LogReader.open(data);
    try (AuditLog log = open()) {
      List<Horizon.Removed> removed = run(log, Retention.Mode.ARCHIVE);
      assertThat(removed)
          .extracting(Horizon.Removed::archive)
          .containsExactly("1-601.zip", "602-1201.zip");
      assertThat(LogFiles.segments(data)).hasSize(1);
      LogReader reader = log.reader();
      assertThat(reader.firstId()).isEqualTo(1_202);
      assertThat(reader.read(1_201)).isEmpty();
      assertThat(reader.read(1_202)).isPresent();
      assertSound(reader);
      PythonVerifier.agrees(
          data, new LogVerifier(reader).verify(VerifyRequest.all().strictly(), null));
      Event told = reader.read(removed.getLast().recordedAs()).orElseThrow().decode().event();
      assertThat(told.eventType()).isEqualTo("audit.retention.archived");
      assertThat(told.actorUsername()).isEqualTo("operator");
      assertThat(String.valueOf(told.details())).contains(removed.getLast().archiveSha256());

      SignedCheckpoint sealed = log.seal().get();
      TlogProof proof = reader.tree().prove(1_202, sealed);
      Hasher hasher = new Hasher();
      new ProofVerifier(hasher)
          .inclusion(
              hasher.leaf(reader.read(1_202).orElseThrow().bytes()),
              1_201,
              proof.hashes(),
              sealed.size(),
              sealed.checkpoint().root());
      for (long from = 0; from <= sealed.size(); from += 7) {
        assertThat(reader.tree().consistency(from, sealed.size())).isNotNull();
      }
      assertThatThrownBy(() -> new LogVerifier(reader).verify(VerifyRequest.range(5, 2_000), null))
          .isInstanceOf(LogException.Removed.class)
          .hasMessageContaining("archive/1-601.zip")
          .hasMessageContaining("begins at entry 1202");

      // Ids go on, over a roll of the segment too.
      clock.now = Instant.parse("2026-05-03T11:10:00Z");
      long last = log.lastId();
      assertThat(log.append(AuditLogTest.events(10), null).get().firstId()).isEqualTo(last + 1);
      assertThat(LogFiles.segments(data)).hasSize(2);
      log.seal().get();
      assertSound(reader);
    }
    assertSound(other);
    assertThat(other.read(5)).isEmpty();
    long[] seen = {0};
    other.forEach(
        1,
        Long.MAX_VALUE,
        entry -> {
          seen[0]++;
          return true;
        });
    assertThat(seen[0]).isEqualTo(other.lastId() - 1_201);
    try (AuditLog log = open()) {
      log.append(AuditLogTest.events(10), null).get();
      assertSound(log.reader());
    }
  }

  @Test
  void anArchiveVerifiesAlone() throws Exception {
    List<String> before = new ArrayList<>();
    LogReader.open(data)
        .forEach(
            602,
            1_201,
            entry -> {
              before.add(text(entry));
              return true;
            });
    List<VerifierKey> keys;
    try (AuditLog log = open()) {
      keys = log.reader().identity().keys();
      run(log, Retention.Mode.ARCHIVE);
    }
    Path file = data.resolve("archive/602-1201.zip");
    List<String> archived = new ArrayList<>();
    try (ArchiveReader archive = ArchiveReader.open(file)) {
      assertThat(archive.manifest().firstId()).isEqualTo(602);
      ArchiveVerifier.Report report = ArchiveVerifier.verify(archive, keys);
      assertThat(report.faults()).isEmpty();
      assertThat(report.entries()).isEqualTo(600);
      archive.forEach(entry -> archived.add(text(entry)));
    }
    assertThat(archived).isEqualTo(before);

    Map<String, byte[]> files = unzip(file);
    byte[] entries = Objects.requireNonNull(files.get("entries.ndjson"));
    List<byte[]> damaged = new ArrayList<>();
    for (int at : new int[] {10, entries.length / 2, entries.length - 10}) {
      byte[] changed = entries.clone();
      changed[at] ^= 1;
      damaged.add(changed);
    }
    String text = new String(entries, StandardCharsets.UTF_8);
    int second = text.indexOf('\n') + 1;
    int third = text.indexOf('\n', second) + 1;
    damaged.add(text.substring(second).getBytes(StandardCharsets.UTF_8));
    damaged.add(
        (text.substring(0, second) + text.substring(third)).getBytes(StandardCharsets.UTF_8));
    damaged.add(
        text.substring(0, text.lastIndexOf('\n', text.length() - 2) + 1)
            .getBytes(StandardCharsets.UTF_8));
    damaged.add(new byte[0]);
    for (byte[] content : damaged) {
      files.put("entries.ndjson", content);
      assertThat(verify(files, keys)).isNotEmpty();
    }
    files.put("entries.ndjson", entries);
    assertThat(verify(files, keys)).isEmpty();
    for (String name : List.of("range-proof", "manifest.json")) {
      byte[] whole = Objects.requireNonNull(files.get(name));
      String changed =
          new String(whole, StandardCharsets.UTF_8).replaceFirst("[1-9a-f]{8}", "0000000a");
      files.put(name, changed.getBytes(StandardCharsets.UTF_8));
      assertThat(verify(files, keys)).as(name).isNotEmpty();
      files.put(name, whole);
    }
  }

  private static String text(StoredEntry entry) {
    return new String(entry.bytes(), StandardCharsets.UTF_8);
  }

  private List<String> verify(Map<String, byte[]> files, List<VerifierKey> keys) throws Exception {
    Path file = directory.resolve("changed.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> each : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(each.getKey()));
        zip.write(each.getValue());
        zip.closeEntry();
      }
    }
    try (ArchiveReader archive = ArchiveReader.open(file)) {
      List<String> faults = ArchiveVerifier.verify(archive, keys).faults();
      PythonVerifier.agreesOnArchive(file, faults);
      return faults;
    }
  }

  private static Map<String, byte[]> unzip(Path file) throws Exception {
    Map<String, byte[]> files = new TreeMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().collect(Collectors.toList())) {
        files.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    return files;
  }

  @Test
  void purgedEntriesLeaveNoArchiveAndTheRestVerifies() throws Exception {
    try (AuditLog log = open()) {
      assertThat(run(log, Retention.Mode.PURGE))
          .extracting(Horizon.Removed::archive)
          .containsOnlyNulls();
      assertThat(data.resolve("archive")).doesNotExist();
      assertSound(log.reader());
      PythonVerifier.agrees(
          data, new LogVerifier(log.reader()).verify(VerifyRequest.all().strictly(), null));
    }
  }

  /** The states that a crash can leave, put together from the files before and after. */
  @Test
  void aCrashAtEachStepLeavesTheOldStateOrTheNew() throws Exception {
    Path before = directory.resolve("before");
    LogFiles.copy(data, before);
    Path after = directory.resolve("after");
    try (AuditLog log = open()) {
      Retention retention = new Retention(log);
      retention.remove(
          retention.plan(OLD, Long.MAX_VALUE).getFirst(), Retention.Mode.ARCHIVE, null);
    }
    LogFiles.copy(data, after);

    state("archived and not recorded", before);
    LogFiles.copy(after.resolve("archive"), data.resolve("archive"));
    assertGoesOn(1, 2);

    state("recorded and the horizon not moved", after);
    oldSegments(before, 2);
    Files.delete(data.resolve("horizon.json"));
    assertGoesOn(1, 2);

    for (int left = 1; left <= 2; left++) {
      state("the horizon moved and segments left", after);
      oldSegments(before, left);
      assertSound(LogReader.open(data));
      assertGoesOn(602, 1);
    }
  }

  private void state(String name, Path from) throws Exception {
    System.out.println("retention: " + name);
    LogFiles.delete(data);
    LogFiles.copy(from, data);
  }

  /** Puts back the newer of the two segments that were removed. */
  private void oldSegments(Path before, int count) throws Exception {
    for (Path segment : LogFiles.segments(before).subList(2 - count, 2)) {
      Files.copy(segment, data.resolve("segments").resolve(segment.getFileName()));
    }
  }

  private void assertGoesOn(long firstId, int batches) throws Exception {
    try (AuditLog log = open()) {
      assertThat(log.reader().firstId()).isEqualTo(firstId);
      assertSound(log.reader());
      assertThat(run(log, Retention.Mode.ARCHIVE)).hasSize(batches);
      assertSound(log.reader());
      assertThat(LogFiles.segments(data)).hasSize(1);
    }
    assertSound(LogReader.open(data));
  }

  @Test
  void entriesThatSomebodyElseTookOutAreFound() throws Exception {
    Path whole = directory.resolve("whole");
    LogFiles.copy(data, whole);
    try (AuditLog log = open()) {
      run(log, Retention.Mode.ARCHIVE);
    }
    Path taken = directory.resolve("taken");
    LogFiles.copy(data, taken);
    String horizon = Files.readString(data.resolve("horizon.json"));
    LogFiles.delete(data);
    LogFiles.copy(whole, data);
    for (Path segment : LogFiles.segments(data).subList(0, 4)) {
      Files.delete(segment);
    }
    assertThat(faults()).isNotEmpty();
    Files.writeString(data.resolve("horizon.json"), horizon);
    assertThat(faults()).as("no entry records the removal").isNotEmpty();
    LogFiles.delete(data);
    LogFiles.copy(taken, data);
    assertThat(faults()).isEmpty();
    Files.delete(data.resolve("horizon.json"));
    assertThat(faults()).as("the horizon is gone").isNotEmpty();
    Files.writeString(data.resolve("horizon.json"), horizon.replace("1202", "1203"));
    assertThatThrownBy(() -> LogReader.open(data))
        .isInstanceOf(LogException.Corrupt.class)
        .hasMessageContaining("horizon.json");
    PythonVerifier.refuses(data);
    assertThatThrownBy(this::open).isInstanceOf(LogException.Corrupt.class);
  }

  private List<Fault> faults() throws Exception {
    return PythonVerifier.verify(data).faults();
  }

  @Test
  void damagedEntriesAreNotTakenOut() throws Exception {
    Path first = LogFiles.segments(data).getFirst();
    LogFiles.flip(first, LogFiles.blocks(first).get(3) + 200, 2);
    try (AuditLog log = open()) {
      assertThatThrownBy(() -> run(log, Retention.Mode.ARCHIVE))
          .isInstanceOf(LogException.Corrupt.class)
          .hasMessageContaining("not removed");
      assertThat(log.reader().firstId()).isEqualTo(1);
      assertThat(LogFiles.segments(data)).hasSize(5);
    }
  }

  @Test
  void theTreeIsMadeAnewFromTheHorizonOn() throws Exception {
    try (AuditLog log = open()) {
      run(log, Retention.Mode.ARCHIVE);
    }
    Files.delete(data.resolve("edge"));
    try (AuditLog log = open()) {
      assertSound(log.reader());
      log.append(AuditLogTest.events(300), null).get();
      log.seal().get();
      assertSound(log.reader());
    }
  }

  @Test
  void aReaderThatHoldsASegmentGoesOnWhileItIsRemoved() throws Exception {
    try (AuditLog log = open()) {
      LogReader other = LogReader.open(data);
      AtomicBoolean removed = new AtomicBoolean();
      List<Long> ids = new ArrayList<>();
      other.forEach(
          1,
          Long.MAX_VALUE,
          entry -> {
            ids.add(entry.id());
            if (entry.id() == 10 && removed.compareAndSet(false, true)) {
              try {
                run(log, Retention.Mode.PURGE);
              } catch (Exception e) {
                throw new java.io.IOException(e);
              }
            }
            return true;
          });
      assertThat(removed).isTrue();
      assertThat(ids).isSorted().doesNotHaveDuplicates();
      assertThat(ids).contains(1L, 10L, 1_202L, 1_501L);
      assertSound(other);
    }
  }

  @Test
  void aBundleOfWhichEntriesWereTakenOutIsNotPublished() throws Exception {
    LogReader another = LogReader.open(data);
    try (AuditLog log = open()) {
      run(log, Retention.Mode.PURGE);
      log.seal().get();
      assertThat(log.reader().firstId()).isEqualTo(1_202);
      for (LogTree tree : List.of(another.tree(), log.reader().tree())) {
        assertThat(tree.bundle(new EntryBundle(0, 256))).isEmpty();
        assertThat(tree.bundle(new EntryBundle(4, 256))).as("from 1025 on").isEmpty();
        assertThat(tree.bundle(new EntryBundle(4, 177))).as("up to 1201").isEmpty();
        assertThat(tree.bundle(new EntryBundle(5, 200))).isPresent();
      }
    }
  }
}
