package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The table of docs/threat-model.md: what somebody who owns the disk can do, and who notices. The
 * log has segments of three hours, and the attacker a program that writes logs.
 */
class ThreatTest {
  private static final int PER_HOUR = 300;
  private static final long LAST = 1 + 3 * PER_HOUR;

  @TempDir Path directory;
  private Path data;

  /** What an auditor took away at the end of the second hour. */
  private SignedNote exported;

  private Path yesterday;
  private List<VerifierKey> pinned;

  @BeforeEach
  void makeALog() throws Exception {
    data = directory.resolve("log");
    write(data, 2, 0);
    LogReader reader = LogReader.open(data);
    yesterday = directory.resolve("yesterday");
    LogFiles.copy(data, yesterday);
    write(data, 3, 0);
    exported = LogReader.open(data).tree().newest().orElseThrow().note();
    pinned = reader.identity().keys();
    assertThat(LogFiles.segments(data)).hasSize(3);
    assertThat(onDisk()).isEmpty();
    assertThat(withExport()).isEmpty();
  }

  /** Writes the log up to that many hours, with another event in the place of {@code forgedId}. */
  private static void write(Path data, int hours, long forgedId) throws Exception {
    AuditLogTest.SteppingClock clock =
        new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG.withClock(clock))) {
      for (int hour = 0; hour < hours; hour++) {
        clock.now = Instant.parse("2026-05-01T10:10:00Z").plusSeconds(3_600L * hour);
        while (log.lastId() < 1 + (hour + 1) * PER_HOUR) {
          List<Event> batch = new ArrayList<>();
          for (long id = log.lastId() + 1; batch.size() < 10; id++) {
            batch.add(
                Event.builder(id == forgedId ? "auth.login.success" : "auth.login.failed")
                    .actorId(id)
                    .build());
          }
          log.append(batch, null).get();
          clock.now = clock.now.plusSeconds(1);
        }
      }
    }
  }

  private List<Fault> onDisk() throws Exception {
    return LogReader.open(data).verify(VerifyRequest.all(), null).faults();
  }

  private List<Fault> withExport() throws Exception {
    VerifyRequest request = VerifyRequest.all().withEarlier(exported).withKeys(pinned);
    return LogReader.open(data).verify(request, null).faults();
  }

  private static Set<Fault.Kind> kinds(List<Fault> faults) {
    return faults.stream()
        .map(Fault::kind)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.Kind.class)));
  }

  private void replace(String file, Path from) throws Exception {
    LogFiles.delete(data.resolve(file));
    LogFiles.copy(from.resolve(file), data.resolve(file));
  }

  /** A log of the same name by somebody who has not the key. */
  private Path forged(int hours, long forgedId) throws Exception {
    Path forged = directory.resolve("forged");
    write(forged, hours, forgedId);
    return forged;
  }

  @Test
  void everyCheckpointTakenAwayAndTheChainRecomputed() throws Exception {
    replace("segments", forged(3, 500));
    for (String each : List.of("checkpoint", "checkpoints", "tiles", "edge")) {
      LogFiles.delete(data.resolve(each));
    }
    assertThat(kinds(onDisk())).containsExactly(Fault.Kind.CHECKPOINT);
    assertThat(kinds(withExport())).contains(Fault.Kind.CHECKPOINT);
    assertThat(
            LogReader.open(data)
                .verify(VerifyRequest.all().withKeys(pinned).quickly(), null)
                .faults())
        .isNotEmpty();
  }

  @Test
  void aRewrittenEntryWithTheWholeChainRecomputed() throws Exception {
    replace("segments", forged(3, 500));
    assertThat(kinds(onDisk())).containsExactly(Fault.Kind.TREE);
    assertThat(onDisk())
        .extracting(Fault::id)
        .as(
            "the entry itself and all whose chain was recomputed; the first also differs in its time")
        .contains(500L)
        .allMatch(id -> id >= 1 && id <= LAST);
    assertThat(LogReader.open(data).verify(VerifyRequest.range(600, 700), null).faults())
        .extracting(Fault::id)
        .containsExactlyElementsOf(LongStream.rangeClosed(600, 700).boxed().toList());
    assertThat(LogReader.open(data).verify(VerifyRequest.range(600, 700).quickly(), null).faults())
        .extracting(Fault::id)
        .containsExactly(600L, 700L);
  }

  @Test
  void aRemovedEntryWithAllThatFollowRenumbered() throws Exception {
    Path forged = directory.resolve("forged");
    write(forged, 2, 0);
    try (AuditLog log =
        AuditLog.open(
            forged,
            AuditLogTest.CONFIG.withClock(
                new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T12:10:00Z"))))) {
      log.append(AuditLogTest.events(PER_HOUR - 1), null).get();
    }
    replace("segments", forged);
    assertThat(kinds(onDisk())).contains(Fault.Kind.CHECKPOINT);
  }

  @Test
  void aDroppedTailWithTheCheckpointsInPlace() throws Exception {
    replace("segments", yesterday);
    assertThat(onDisk())
        .anyMatch(f -> f.kind() == Fault.Kind.CHECKPOINT && f.id() == 2 + 2 * PER_HOUR);
  }

  @Test
  void aDroppedTailWithTheNewestCheckpointsDropped() throws Exception {
    LogFiles.delete(data);
    LogFiles.copy(yesterday, data);
    assertThat(onDisk()).as("everything is as it was yesterday").isEmpty();
    assertThat(withExport())
        .extracting(Fault::kind, Fault::id)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(Fault.Kind.CHECKPOINT, 2L + 2 * PER_HOUR));
  }

  @Test
  void aFreshlyBuiltLogOfTheSameSizeWithAKeyOfItsOwn() throws Exception {
    Path forged = forged(3, 500);
    LogFiles.delete(data);
    LogFiles.copy(forged, data);
    assertThat(onDisk()).as("it holds together, and names its own key").isEmpty();
    assertThat(kinds(withExport())).containsExactly(Fault.Kind.CHECKPOINT);
  }

  @Test
  void aSwappedKeyInTheLogsDescription() throws Exception {
    Path forged = forged(3, 0);
    Files.copy(
        forged.resolve("log.json"), data.resolve("log.json"), StandardCopyOption.REPLACE_EXISTING);
    assertThat(kinds(onDisk())).containsExactly(Fault.Kind.CHECKPOINT);
    assertThat(kinds(withExport())).containsExactly(Fault.Kind.CHECKPOINT);
  }

  @Test
  void anEditedTile() throws Exception {
    for (String tile : List.of("0/000", "0/002")) {
      LogFiles.flip(data.resolve("tiles/" + tile), 1_000, 5);
      assertThat(kinds(onDisk())).as(tile).containsExactly(Fault.Kind.TILE);
      assertThat(onDisk()).allSatisfy(f -> assertThat(f.reason()).contains(tile));
      LogFiles.flip(data.resolve("tiles/" + tile), 1_000, 5);
    }
    Files.delete(data.resolve("tiles/0/001"));
    assertThat(onDisk()).anyMatch(f -> f.kind() == Fault.Kind.TILE && f.id() == 257);
    LogFiles.flip(data.resolve("edge"), 20, 1);
    assertThat(kinds(onDisk())).contains(Fault.Kind.TILE);
  }

  @Test
  void anEntryAndItsTileEditedTogether() throws Exception {
    Path forged = forged(3, 500);
    replace("segments", forged);
    replace("tiles", forged);
    replace("edge", forged);
    assertThat(kinds(onDisk())).contains(Fault.Kind.TILE);
  }

  @Test
  void anEditedCheckpoint() throws Exception {
    byte[] note = Files.readAllBytes(data.resolve("checkpoint"));
    for (int at = 0; at < note.length; at++) {
      byte[] changed = note.clone();
      changed[at] ^= 1;
      Files.write(data.resolve("checkpoint"), changed);
      assertThat(kinds(onDisk())).as("byte %d", at).contains(Fault.Kind.CHECKPOINT);
    }
    Files.write(data.resolve("checkpoint"), note);
    Path kept = data.resolve("checkpoints").resolve(keptSize() + ".note");
    byte[] before = Files.readAllBytes(kept);
    before[30] ^= 1;
    Files.write(kept, before);
    assertThat(kinds(onDisk())).containsExactly(Fault.Kind.CHECKPOINT);
  }

  private long keptSize() throws Exception {
    return LogReader.open(data).tree().files().keptSizes().getFirst();
  }
}
