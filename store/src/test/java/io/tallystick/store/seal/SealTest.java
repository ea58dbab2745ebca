package io.tallystick.store.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.note.KeyType;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogChecker;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.TreeChecker;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.KeyFile;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.LogIdentity;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.TlogProof;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tree over the log: tiles, checkpoints, keys, and how a restart resumes it. */
class SealTest {
  private static final LogConfig CONFIG =
      AuditLogTest.CONFIG.toBuilder().sealEvery(Duration.ofMillis(20)).build();

  @TempDir Path directory;

  private Path log(long entries) throws Exception {
    Path data = directory.resolve("log" + entries);
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      fill(log, entries);
    }
    return data;
  }

  private static void fill(AuditLog log, long entries) throws Exception {
    while (log.lastId() < entries) {
      int count = (int) Math.min(5_000, entries - log.lastId());
      log.append(AuditLogTest.events(count), null).get();
    }
  }

  private static long judge(Path data) throws Exception {
    LogChecker.Findings log = LogChecker.check(data);
    assertThat(log.findings()).isEmpty();
    TreeChecker.Findings tree = TreeChecker.check(data, log.entries());
    assertThat(tree.findings()).isEmpty();
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
    return tree.sealed();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537})
  void aClosedLogIsSealedToItsEndAndGoesOn(long entries) throws Exception {
    Path data = log(entries);
    assertThat(judge(data)).isEqualTo(entries);
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      fill(log, entries + 300);
    }
    assertThat(judge(data)).isEqualTo(entries + 300);
  }

  /** So that a log without a checkpoint is one that lost it. */
  @Test
  void aLogIsSealedInTheMomentInWhichItIsMade() throws Exception {
    LogConfig seldom = AuditLogTest.CONFIG.toBuilder().sealEvery(Duration.ofHours(1)).build();
    try (AuditLog log = AuditLog.open(directory.resolve("a"), seldom)) {
      assertThat(log.reader().tree().size()).isEqualTo(1);
    }
  }

  @Test
  void entriesAreSealedWhileTheyArriveAndOnDemand() throws Exception {
    try (AuditLog log = AuditLog.open(directory.resolve("a"), CONFIG)) {
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      log.append(AuditLogTest.events(10), null).get();
      while (log.reader().tree().size() < 11) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(5);
      }
    }
    LogConfig never = CONFIG.toBuilder().sealEvery(Duration.ofDays(1)).build();
    try (AuditLog log = AuditLog.open(directory.resolve("b"), never)) {
      for (int i = 1; i < 50; i++) {
        log.append(AuditLogTest.events(7), null).get();
        SignedCheckpoint checkpoint = log.seal().get();
        assertThat(checkpoint.size()).isEqualTo(1 + 7L * i);
        assertThat(log.seal().get()).isSameAs(checkpoint);
      }
      assertThat(new LogVerifier(log.reader()).verify(VerifyRequest.all(), null).faults())
          .isEmpty();
      assertThat(LogReader.open(directory.resolve("b")).tree().size()).isEqualTo(344);
    }
    assertThat(judge(directory.resolve("b"))).isEqualTo(344);
  }

  @Test
  void everyEntryCanBeProvedUnderEveryLaterCheckpoint() throws Exception {
    Path data = directory.resolve("log");
    try (AuditLog log =
        AuditLog.open(data, CONFIG.toBuilder().sealEvery(Duration.ofDays(1)).build())) {
      SignedCheckpoint before = log.seal().get();
      for (int round = 0; round < 6; round++) {
        log.append(AuditLogTest.events(97 + round), null).get();
        SignedCheckpoint now = log.seal().get();
        for (LogTree tree : List.of(log.reader().tree(), LogReader.open(data).tree())) {
          for (long id = 1; id <= now.size(); id += 13) {
            TlogProof proof = tree.prove(id, now);
            Hash leaf = log.reader().read(id).orElseThrow().hash();
            new ProofVerifier(new Hasher())
                .inclusion(leaf, id - 1, proof.hashes(), now.size(), now.checkpoint().root());
            assertThat(TlogProof.parse(proof.toBytes())).isEqualTo(proof);
          }
          new ProofVerifier(new Hasher())
              .consistency(
                  before.size(),
                  before.checkpoint().root(),
                  tree.consistency(before.size(), now.size()),
                  now.size(),
                  now.checkpoint().root());
        }
        before = now;
      }
      long size = before.size();
      SignedCheckpoint last = before;
      LogTree tree = log.reader().tree();
      assertThatThrownBy(() -> tree.prove(size + 1, last))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> tree.consistency(3, size + 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void whatACrashLeavesBehindIsTakenUp() throws Exception {
    Path good = log(66_000);
    for (String left : List.of("no edge", "old edge", "short edge", "no tiles", "old checkpoint")) {
      Path data = directory.resolve(left);
      LogFiles.copy(good, data);
      switch (left) {
        case "no edge" -> Files.delete(data.resolve("edge"));
        case "old edge" -> Files.write(data.resolve("edge"), new byte[Long.BYTES]);
        case "short edge" -> Files.write(data.resolve("edge"), new byte[100]);
        case "no tiles" -> LogFiles.delete(data.resolve("tiles"));
        default -> {
          List<Long> kept = LogReader.open(data).tree().files().keptSizes();
          Files.copy(
              data.resolve("checkpoints/" + kept.getFirst() + ".note"),
              data.resolve("checkpoint"),
              java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
      }
      try (AuditLog log = AuditLog.open(data, CONFIG)) {
        fill(log, 66_300);
      }
      assertThat(judge(data)).as(left).isEqualTo(66_300);
    }
  }

  @Test
  void aLogWhoseCheckpointsWereTakenAwayIsNotSealedAnew() throws Exception {
    Path data = log(2);
    LogFiles.unseal(data);
    assertThatThrownBy(() -> AuditLog.open(data, CONFIG))
        .isInstanceOf(LogException.Corrupt.class)
        .hasMessageContaining("holds 2 entries and no checkpoint");
    assertThat(data.resolve("checkpoint")).doesNotExist();
  }

  /** Otherwise the next crash would leave entries that no checkpoint covers. */
  @Test
  void aLogWhoseCreationWasCutShortIsSealedBeforeItTakesEntries() throws Exception {
    Path data = log(1);
    LogFiles.unseal(data);
    try (AuditLog log =
        AuditLog.open(data, CONFIG.toBuilder().sealEvery(Duration.ofHours(1)).build())) {
      assertThat(log.reader().tree().size()).isEqualTo(1);
    }
    assertThat(judge(data)).isEqualTo(1);
  }

  @Test
  void whatTheCheckpointSealedMustBeThereAndTheSame() throws Exception {
    Path data = log(1_000);
    Path shorter = log(900);
    Path grafted = directory.resolve("grafted");
    LogFiles.copy(data, grafted);
    LogFiles.delete(grafted.resolve("segments"));
    LogFiles.copy(shorter.resolve("segments"), grafted.resolve("segments"));
    assertThatThrownBy(() -> AuditLog.open(grafted, CONFIG))
        .isInstanceOf(LogException.Contradiction.class)
        .hasMessageContaining("covers entries 1 to 1000")
        .hasMessageContaining("900");

    Path other = directory.resolve("other");
    try (AuditLog log = AuditLog.open(other, CONFIG)) {
      fill(log, 1_000);
    }
    LogFiles.delete(grafted.resolve("segments"));
    LogFiles.copy(other.resolve("segments"), grafted.resolve("segments"));
    assertThatThrownBy(() -> AuditLog.open(grafted, CONFIG))
        .isInstanceOf(LogException.Contradiction.class)
        .hasMessageContaining("does not have the root");
    LogFiles.delete(grafted.resolve("tiles"));
    assertThatThrownBy(() -> AuditLog.open(grafted, CONFIG))
        .isInstanceOf(LogException.Contradiction.class)
        .hasMessageContaining("does not have the root");

    LogFiles.delete(grafted);
    LogFiles.copy(data, grafted);
    Files.copy(
        other.resolve("checkpoint"),
        grafted.resolve("checkpoint"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> AuditLog.open(grafted, CONFIG))
        .isInstanceOf(LogException.Contradiction.class)
        .hasMessageContaining("not a checkpoint of this log");
  }

  @Test
  void theKeyIsForItsOwnerAloneAndOfThisLog() throws Exception {
    Path data = log(5);
    Path key = data.resolve("keys/checkpoint.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(key)).startsWith("PRIVATE+KEY+example.com/test+");

    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    refused(data, "chmod 600");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));

    String good = Files.readString(key);
    SignerKey foreign = SignerKey.generate("example.com/test", KeyType.ED25519, new SecureRandom());
    Files.writeString(key, foreign.privateText() + "\n");
    refused(data, "does not belong to this log");
    Files.writeString(key, "no key\n");
    refused(data, "holds no signing key");
    Path elsewhere = directory.resolve("elsewhere.key");
    Files.delete(key);
    refused(data, "--key-file");

    AtomicFile.write(elsewhere, good.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    AuditLog.open(data, CONFIG.toBuilder().keyFile(elsewhere).build()).close();
    assertThat(judge(data)).isEqualTo(5);
  }

  private static void refused(Path data, String why) {
    assertThatThrownBy(() -> AuditLog.open(data, CONFIG))
        .isInstanceOf(LogException.NoKey.class)
        .hasMessageContaining(why)
        .message()
        .doesNotContain("PRIVATE+KEY+example");
  }

  @Test
  void aNewKeyIsIntroducedByTheOldOne() throws Exception {
    Path data = log(300);
    VerifierKey old = LogReader.open(data).identity().keys().getFirst();
    VerifierKey next = AuditLog.rotateKey(data, CONFIG);
    assertThat(LogReader.open(data).identity().keys()).containsExactly(next, old);
    SignedCheckpoint both = LogReader.open(data).tree().kept().getFirst().checkpoint();
    assertThat(both.note().verify(List.of(old))).hasSize(1);
    assertThat(both.note().verify(List.of(next))).hasSize(1);

    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      fill(log, 400);
    }
    assertThat(judge(data)).isEqualTo(400);
    SignedCheckpoint newest = LogReader.open(data).tree().newest().orElseThrow();
    assertThat(newest.note().signatures()).hasSize(1);
    assertThat(newest.note().verify(List.of(next))).hasSize(1);
    assertThat(Files.exists(data.resolve("keys/checkpoint.key.next"))).isFalse();
    assertThat(
            new LogVerifier(LogReader.open(data))
                .verify(VerifyRequest.all().withKeys(List.of(old)), null)
                .faults())
        .singleElement()
        .satisfies(f -> assertThat(f.kind()).isEqualTo(Fault.Kind.CHECKPOINT));
  }

  @Test
  void aRotationThatWasInterruptedIsFinished() throws Exception {
    Path data = log(300);
    DataDirectory files = new DataDirectory(data);
    SigningKeyRing.prepareRotation(files, LogIdentity.read(files.identity()), CONFIG);
    Path nextKey = data.resolve("keys/checkpoint.key.next");
    SignerKey next = KeyFile.read(nextKey).orElseThrow().getFirst();
    AuditLog.open(data, CONFIG).close();
    assertThat(LogReader.open(data).identity().keys())
        .hasSize(2)
        .first()
        .isEqualTo(next.verifier());
    assertThat(nextKey).doesNotExist();
    assertThat(judge(data)).isEqualTo(300);
  }

  @Test
  void aSecondSignatureOutlastsEd25519() throws Exception {
    Path data = directory.resolve("pq");
    try (AuditLog log = AuditLog.open(data, CONFIG.toBuilder().postQuantum(true).build())) {
      fill(log, 10);
    }
    List<VerifierKey> keys = LogReader.open(data).identity().keys();
    assertThat(keys)
        .extracting(VerifierKey::type)
        .containsExactly(KeyType.ED25519, KeyType.ML_DSA_44);
    SignedCheckpoint newest = LogReader.open(data).tree().newest().orElseThrow();
    for (VerifierKey key : keys) {
      assertThat(newest.note().verify(List.of(key))).hasSize(1);
    }
    AuditLog.open(data, CONFIG).close();
    assertThat(judge(data)).isEqualTo(10);
  }

  @Test
  void aCheckpointIsKeptEveryHour() throws Exception {
    Path data = directory.resolve("hours");
    AuditLogTest.SteppingClock clock =
        new AuditLogTest.SteppingClock(Instant.parse("2099-05-01T10:10:00Z"));
    try (AuditLog log = AuditLog.open(data, CONFIG.toBuilder().clock(clock).build())) {
      for (int i = 0; i < 10; i++) {
        log.append(AuditLogTest.events(1), null).get();
        log.seal().get();
        clock.now = clock.now.plusSeconds(1_200);
      }
    }
    assertThat(LogReader.open(data).tree().kept()).hasSize(3);
  }
}
