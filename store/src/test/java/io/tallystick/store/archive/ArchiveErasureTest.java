package io.tallystick.store.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.Erased;
import io.tallystick.store.LogReader;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Personal values in archives: entries 2 to 11 of the first day, erased before and after it. */
class ArchiveErasureTest {
  private static final List<PersonalField> PERSONAL =
      PersonalField.of(List.of("actor_username", "target_id"));

  @TempDir Path directory;
  private Path data;
  private Path archive;
  private final AuditLogTest.SteppingClock clock =
      new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));

  @BeforeEach
  void makeALog() throws Exception {
    data = directory.resolve("log");
    try (AuditLog log = open()) {
      log.append(events(2, 11), null).get();
      erase(log, 3, 4, "actor_username");
      clock.now = Instant.parse("2026-05-03T10:10:00Z");
      log.append(events(13, 20), null).get();
      Retention retention = new Retention(log);
      List<Retention.Batch> old =
          retention.plan(Instant.parse("2026-05-03T00:00:00Z"), Long.MAX_VALUE);
      archive =
          data.resolve("archive")
              .resolve(
                  Objects.requireNonNull(
                      retention.remove(old.getFirst(), Retention.Mode.ARCHIVE, null).archive()));
    }
  }

  private AuditLog open() throws Exception {
    return AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build());
  }

  private static List<Event> events(int first, int last) {
    List<Event> events = new ArrayList<>();
    for (int id = first; id <= last; id++) {
      events.add(
          Event.builder("user.seen")
              .actorUsername("alice-" + id)
              .text(io.tallystick.entry.EntryField.TARGET_ID, "bob-" + id)
              .build()
              .withPersonal(PERSONAL));
    }
    return events;
  }

  private static Erased erase(AuditLog log, long first, long last, String... fields)
      throws Exception {
    List<Erasure.Ids> ids = List.of(new Erasure.Ids(first, last));
    return log.erase(Erasure.events(ids, PersonalField.of(List.of(fields)), "r", null, false));
  }

  private List<String> faults() throws Exception {
    List<String> faults;
    try (ArchiveReader opened = ArchiveReader.open(archive)) {
      faults = ArchiveVerifier.verify(opened, opened.keys()).faults();
    }
    PythonVerifier.agreesOnArchive(archive, faults);
    return faults;
  }

  private Map<Long, ReadableEntry> archived() throws Exception {
    Map<Long, ReadableEntry> entries = new HashMap<>();
    try (ArchiveReader opened = ArchiveReader.open(archive)) {
      opened.forEach(entry -> entries.put(entry.id(), entry.readable()) == null);
    }
    return entries;
  }

  private void checkValues(int erasedFrom, int erasedTo) throws Exception {
    archived()
        .forEach((id, entry) -> {
          boolean was = id == 3 || id == 4;
          boolean is = id >= erasedFrom && id <= erasedTo;
          if (id >= 2 && id <= 11) {
            assertThat(entry.event().actorUsername()).isEqualTo(was || is ? null : "alice-" + id);
            assertThat(entry.event().targetId()).isEqualTo(is ? null : "bob-" + id);
          }
        });
    assertThat(archived()).containsKeys(1L, 2L, 11L, 12L);
  }

  @Test
  void anArchiveHasTheValuesThatAreThereAndProvesThatOthersWereErased() throws Exception {
    checkValues(0, 0);
    assertThat(faults()).isEmpty();
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      assertThat(zip.getEntry("erasures/12.tlog-proof")).isNotNull();
    }
  }

  @Test
  void erasingReachesTheArchiveAndChangesNoEntryInIt() throws Exception {
    byte[] before = read("entries.ndjson");
    byte[] manifest = read("manifest.json");
    try (AuditLog log = open()) {
      Erased erased = erase(log, 2, 15);
      // Of ten archived entries two had one value left, and three are in the segments.
      assertThat(erased.values()).isEqualTo(2 * 8 + 2 + 2 * 3);
      assertThat(erased.missingArchives()).isEmpty();
      assertThat(erase(log, 2, 15).values()).isZero();
    }
    checkValues(2, 15);
    assertThat(faults()).isEmpty();
    assertThat(read("entries.ndjson")).isEqualTo(before);
    assertThat(read("manifest.json")).isEqualTo(manifest);
    assertThat(new String(read("personal"), UTF_8)).doesNotContain("alice", "bob");
    assertThat(archive.resolveSibling("").toFile().list()).hasSize(1);
    assertThat(
            new LogVerifier(LogReader.open(data))
                .verify(VerifyRequest.all().strictly(), null)
                .faults())
        .isEmpty();
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
  }

  private byte[] read(String name) throws Exception {
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      return zip.getInputStream(zip.getEntry(name)).readAllBytes();
    }
  }

  @Test
  void whatACrashLeftOfAnArchivesErasureIsCarriedOut() throws Exception {
    byte[] before = Files.readAllBytes(archive);
    try (AuditLog log = open()) {
      erase(log, 5, 6);
    }
    Files.write(archive, before);
    Path file = data.resolve("erasures.json");
    Erasures.read(file).begin(20).write(file);
    open().close();
    checkValues(5, 6);
    assertThat(faults()).isEmpty();
  }

  @Test
  void anArchiveThatIsNotThereIsNamed() throws Exception {
    Path elsewhere = directory.resolve("elsewhere.zip");
    Files.move(archive, elsewhere);
    try (AuditLog log = open()) {
      assertThat(erase(log, 5, 14).missingArchives())
          .containsExactly(String.valueOf(archive.getFileName()));
    }
  }

  @Test
  void aRestoredLogHasTheValuesThatAreThere() throws Exception {
    try (AuditLog log = open()) {
      erase(log, 5, 6);
    }
    Path restored = directory.resolve("restored");
    Restore.restore(List.of(archive), List.of(), restored);
    LogReader reader = LogReader.open(restored);
    assertThat(reader.read(2).orElseThrow().readable().event().actorUsername())
        .isEqualTo("alice-2");
    assertThat(reader.read(3).orElseThrow().readable().event().targetId()).isEqualTo("bob-3");
    assertThat(reader.read(5).orElseThrow().readable().erased()).hasSize(2);
    assertThat(new LogVerifier(reader).verify(VerifyRequest.all(), null).faults()).isEmpty();
    assertThat(PythonVerifier.verify(restored).faults()).isEmpty();
  }

  @Test
  void valuesThatAreChangedTakenOutOrGoneWithoutAProofAreNamed() throws Exception {
    byte[] good = Files.readAllBytes(archive);
    Map<String, UnaryOperator<String>> changes = new HashMap<>();
    changes.put(
        "entry 5: the personal value of actor_username is not the one that was written",
        text -> text.replace("alice-5", "alice-x"));
    changes.put(
        "entry 5: the personal value of target_id is gone, and no entry records its erasure",
        text -> text.replaceAll("(?m)^5 1 .*", "5 1 -"));
    changes.put(
        "entry 5: entry 5 names 2 personal values, and its block has 1",
        text -> text.replaceAll("(?m)^5 1 .*\n", ""));
    changes.put(
        "the archive does not have the personal values of entry 5 in their order",
        text -> text.replaceAll("(?m)^5 0 .*\n", ""));
    changes.put(
        "the archive has a line in personal that is no value",
        text -> text.replaceAll("(?m)^5 0 ", "05 0 "));
    changes.put(
        "the archive has a personal value of entry 99, which does not follow",
        text -> text + "99 0 -\n");
    for (Map.Entry<String, UnaryOperator<String>> change : changes.entrySet()) {
      Files.write(archive, good);
      rewrite("personal", change.getValue());
      assertThat(faults()).as(change.getKey()).contains(change.getKey());
    }
    Files.write(archive, good);
    rewrite("personal", text -> text.replace("alice-5", "alice-x").replace("bob-5", "bob-x"));
    assertThat(faults())
        .contains(
            "entry 5: the personal value of actor_username is not the one that was written",
            "entry 5: the personal value of target_id is not the one that was written");
    Files.write(archive, good);
    rewrite("erasures/12.tlog-proof", text -> text.replace("index 11", "index 10"));
    assertThat(faults()).isNotEmpty();
    Files.write(archive, good);
    rewrite("erasures/12.tlog-proof", text -> "");
    assertThat(faults()).isNotEmpty();
  }

  private void rewrite(String name, UnaryOperator<String> change) throws Exception {
    Path changed = directory.resolve("changed.zip");
    try (ZipFile zip = new ZipFile(archive.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(changed))) {
      for (ZipEntry entry : java.util.Collections.list(zip.entries())) {
        byte[] bytes = zip.getInputStream(entry).readAllBytes();
        if (entry.getName().equals(name)) {
          String text = new String(bytes, UTF_8);
          assertThat(change.apply(text)).isNotEqualTo(text);
          bytes = change.apply(text).getBytes(UTF_8);
        }
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(bytes);
        out.closeEntry();
      }
    }
    Files.move(changed, archive, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }
}
