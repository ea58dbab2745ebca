package io.tallystick.service.witness;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.note.AddCheckpoint;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.witness.RefusedException.Reason;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.TamperTest;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The table of docs/threat-model.md: what somebody who owns the disk can do, and who notices: the
 * disk alone, whoever took a checkpoint away, a witness. The log has segments of three hours, and
 * the attacker a program that writes logs. What can be damaged in entries is in {@link TamperTest}.
 */
public class ThreatTest {
  private static final int PER_HOUR = 300;
  private static final long LAST = 1 + 3 * PER_HOUR;

  @TempDir Path directory;
  private Path data;

  /** What an auditor took away in the end, and a witness signed. */
  private SignedNote exported;

  private Witness witness;

  private Path yesterday;
  private List<VerifierKey> pinned;

  @BeforeEach
  void makeALog() throws Exception {
    data = directory.resolve("log");
    write(data, 2, 0);
    yesterday = directory.resolve("yesterday");
    LogFiles.copy(data, yesterday);
    write(data, 3, 0);
    exported = LogReader.open(data).tree().newest().orElseThrow().note();
    pinned = LogReader.open(data).identity().keys();
    witness =
        Witness.open(directory.resolve("witness"), "witness.example", pinned, Clock.systemUTC());
    witness.sign(new AddCheckpoint(0, List.of(), exported));
    assertThat(LogFiles.segments(data)).hasSize(3);
    assertThat(onDisk()).isEmpty();
    assertThat(withExport()).isEmpty();
    assertThat(refusal()).isEmpty();
  }

  @AfterEach
  void closeTheWitness() throws Exception {
    witness.close();
  }

  /** Writes the log up to that many hours, with another event in the place of {@code forgedId}. */
  private static void write(Path data, int hours, long forgedId) throws Exception {
    AuditLogTest.SteppingClock clock =
        new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build())) {
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

  /** What the disk alone shows; the auditor's checker agrees. */
  private List<Fault> onDisk() throws Exception {
    VerifyReport report = new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null);
    PythonVerifier.agrees(data, report);
    return report.faults();
  }

  private List<Fault> withExport() throws Exception {
    VerifyRequest request = VerifyRequest.all().withEarlier(exported).withKeys(pinned);
    return new LogVerifier(LogReader.open(data)).verify(request, null).faults();
  }

  /** Why the witness does not sign what the log publishes now; empty if it does. */
  private Optional<Reason> refusal() throws Exception {
    LogTree tree = LogReader.open(data).tree();
    SignedCheckpoint newest = tree.newest().orElseThrow();
    long from = Math.min(LAST, newest.size());
    try {
      witness.sign(new AddCheckpoint(from, tree.consistency(from, newest.size()), newest.note()));
      return Optional.empty();
    } catch (RefusedException e) {
      return Optional.of(e.reason());
    }
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

  /** A log of the same name by somebody who does not have the key. */
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
            new LogVerifier(LogReader.open(data))
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
    assertThat(
            new LogVerifier(LogReader.open(data))
                .verify(VerifyRequest.range(600, 700), null)
                .faults())
        .extracting(Fault::id)
        .containsExactlyElementsOf(LongStream.rangeClosed(600, 700).boxed().toList());
    assertThat(
            new LogVerifier(LogReader.open(data))
                .verify(VerifyRequest.range(600, 700).quickly(), null)
                .faults())
        .extracting(Fault::id)
        .containsExactly(600L, 700L);
    assertThat(kinds(withExport())).contains(Fault.Kind.TREE);
  }

  @Test
  void aRemovedEntryWithAllThatFollowRenumbered() throws Exception {
    Path forged = directory.resolve("forged");
    write(forged, 2, 0);
    try (AuditLog log =
        AuditLog.open(
            forged,
            AuditLogTest.CONFIG.toBuilder()
                .clock(new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T12:10:00Z")))
                .build())) {
      log.append(AuditLogTest.events(PER_HOUR - 1), null).get();
    }
    replace("segments", forged);
    assertThat(kinds(onDisk())).contains(Fault.Kind.CHECKPOINT);
    assertThat(kinds(withExport())).contains(Fault.Kind.CHECKPOINT);
  }

  @Test
  void aDroppedTailWithTheCheckpointsInPlace() throws Exception {
    replace("segments", yesterday);
    assertThat(onDisk())
        .anyMatch(f -> f.kind() == Fault.Kind.CHECKPOINT && f.id() == 2 + 2 * PER_HOUR);
    assertThat(kinds(withExport())).contains(Fault.Kind.CHECKPOINT);
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
    assertThat(refusal()).as("it signed a larger one").contains(Reason.OTHER_SIZE);
  }

  @Test
  void aFreshlyBuiltLogOfTheSameSizeWithAKeyOfItsOwn() throws Exception {
    Path forged = forged(3, 500);
    LogFiles.delete(data);
    LogFiles.copy(forged, data);
    assertThat(onDisk()).as("it holds together, and names its own key").isEmpty();
    assertThat(kinds(withExport())).containsExactly(Fault.Kind.CHECKPOINT);
    assertThat(refusal()).contains(Reason.NOT_SIGNED);
  }

  @Test
  void anotherHistoryWithTheStolenKey() throws Exception {
    for (int hours : List.of(3, 4)) {
      Path forged = directory.resolve("forged-" + hours);
      OwnerOnly.createDirectories(forged.resolve("keys"));
      Files.copy(data.resolve("log.json"), forged.resolve("log.json"));
      Files.copy(data.resolve("keys/checkpoint.key"), forged.resolve("keys/checkpoint.key"));
      write(forged, hours, 500);
      LogFiles.delete(data);
      LogFiles.copy(forged, data);
      assertThat(onDisk()).as("it holds together, under the log's own key").isEmpty();
      assertThat(kinds(withExport())).containsExactly(Fault.Kind.CHECKPOINT);
      assertThat(refusal()).as("%d hours", hours).contains(Reason.CONTRADICTION);
    }
  }

  @Test
  void aSwappedKeyInTheLogsDescription() throws Exception {
    Path forged = forged(3, 0);
    Files.copy(
        forged.resolve("log.json"), data.resolve("log.json"), StandardCopyOption.REPLACE_EXISTING);
    assertThat(kinds(onDisk())).containsExactly(Fault.Kind.CHECKPOINT);
    assertThat(kinds(withExport())).containsExactly(Fault.Kind.CHECKPOINT);
    replace("checkpoint", forged);
    assertThat(kinds(withExport())).contains(Fault.Kind.CHECKPOINT);
    assertThat(refusal()).contains(Reason.NOT_SIGNED);
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
    assertThat(withExport()).anyMatch(f -> f.kind() == Fault.Kind.TILE && f.id() == 257);
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
    assertThat(kinds(withExport())).contains(Fault.Kind.TILE);
  }

  @Test
  void anEditedCheckpoint() throws Exception {
    byte[] note = Files.readAllBytes(data.resolve("checkpoint"));
    for (int at = 0; at < note.length; at++) {
      byte[] changed = note.clone();
      changed[at] ^= 1;
      Files.write(data.resolve("checkpoint"), changed);
      List<Fault> found =
          at % 50 == 0
              ? onDisk()
              : new LogVerifier(LogReader.open(data))
                  .verify(VerifyRequest.all().quickly(), null)
                  .faults();
      assertThat(kinds(found)).as("byte %d", at).contains(Fault.Kind.CHECKPOINT);
    }
    assertThat(kinds(withExport())).contains(Fault.Kind.CHECKPOINT);
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
