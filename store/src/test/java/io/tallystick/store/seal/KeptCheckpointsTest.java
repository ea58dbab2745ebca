package io.tallystick.store.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.note.KeyType;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.LogIdentity;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The history of checkpoints, which several threads and processes add to. */
class KeptCheckpointsTest {
  private static final LogConfig CONFIG =
      AuditLogTest.CONFIG.toBuilder().sealEvery(Duration.ofHours(1)).build();

  @TempDir Path data;

  /** One for each size from 1 to 31. */
  private final List<SignedCheckpoint> signed = new ArrayList<>();

  @BeforeEach
  void makeALog() throws Exception {
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      signed.add(log.seal().get());
      while (log.lastId() < 31) {
        log.append(AuditLogTest.event(0)).get();
        signed.add(log.seal().get());
      }
    }
  }

  private CheckpointFiles files() throws IOException {
    return LogReader.open(data).tree().files();
  }

  private List<Fault> faults(VerifyRequest request) throws Exception {
    return new LogVerifier(LogReader.open(data)).verify(request, null).faults();
  }

  @Test
  void aLongHistoryIsReadAndAddedTo() throws Exception {
    StringBuilder lines = new StringBuilder();
    LongStream.rangeClosed(1_000, 200_000).forEach(size -> lines.append(size).append('\n'));
    Files.writeString(data.resolve("checkpoints/sizes"), lines);
    files().keep(signed.get(20));
    assertThat(files().recordedSizes()).hasSize(199_001 + 2).contains(1L, 21L, 1_000L, 200_000L);

    long started = System.nanoTime();
    assertThat(new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null).faultCount())
        .isEqualTo(199_001);
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(60));
  }

  @Test
  void aLineThatIsNoSizeIsDamage() throws Exception {
    for (String text :
        List.of("1\nx\n", "1\n\n", "01\n", "1\r\n", " 1\n", "1234567890123456789\n")) {
      Files.writeString(data.resolve("checkpoints/sizes"), text);
      assertThatThrownBy(() -> files().recordedSizes())
          .as(text)
          .isInstanceOf(LogException.Contradiction.class)
          .hasMessageContaining("sizes is damaged");
    }
  }

  @Test
  void manyKeepAtOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        CheckpointFiles mine = files();
        all.add(
            threads.submit(() -> {
              for (SignedCheckpoint checkpoint : signed) {
                mine.keep(checkpoint);
              }
              return null;
            }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
    assertThat(files().recordedSizes())
        .containsExactlyInAnyOrderElementsOf(signed.stream().map(SignedCheckpoint::size).toList());
    assertThat(files().keptSizes()).hasSize(31);
    assertThat(faults(VerifyRequest.all())).isEmpty();
    try (var left = Files.list(data.resolve("checkpoints"))) {
      assertThat(left.filter(file -> file.toString().endsWith(".tmp"))).isEmpty();
    }
  }

  @Test
  void aTokenIsKeptOnlyForTheBytesThatWereStamped() throws Exception {
    LogTree tree = LogReader.open(data).tree();
    SignedCheckpoint stamped = signed.get(30);
    tree.keep(stamped);
    tree.keep(cosigned(stamped));
    assertThatThrownBy(() -> tree.keepToken(stamped, new byte[] {1}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("31.note got another signature");
    assertThat(tree.token(31)).isEmpty();

    SignedCheckpoint now = tree.checkpoint(31).orElseThrow();
    tree.keepToken(now, new byte[] {1});
    assertThat(tree.token(31)).isPresent();
    tree.keep(cosigned(stamped));
    assertThat(tree.checkpoint(31).orElseThrow().note()).isEqualTo(now.note());
  }

  private static SignedCheckpoint cosigned(SignedCheckpoint checkpoint) throws Exception {
    SignerKey witness =
        SignerKey.generate("witness", KeyType.ED25519_COSIGNATURE, new SecureRandom());
    SignedNote note =
        SignedNote.sign(checkpoint.checkpoint().text(), List.of(witness), Instant.now());
    return checkpoint.with(note.signatures());
  }

  @Test
  void aNewKeyIsIntroducedAlsoWhereTheNewestCheckpointHasATimestamp() throws Exception {
    LogTree tree = LogReader.open(data).tree();
    tree.keepToken(signed.get(30), new byte[] {1});
    VerifierKey old = LogReader.open(data).identity().keys().getFirst();
    VerifierKey next = AuditLog.rotateKey(data, CONFIG);
    assertThat(LogReader.open(data).tree().kept())
        .anySatisfy(kept -> {
          assertThat(kept.checkpoint().note().verify(List.of(old))).hasSize(1);
          assertThat(kept.checkpoint().note().verify(List.of(next))).hasSize(1);
        });
    assertThat(LogReader.open(data).tree().checkpoint(31).orElseThrow().note())
        .isEqualTo(signed.get(30).note());
  }

  @Test
  void bothKeysSignUntilSuchACheckpointIsKept() throws Exception {
    VerifierKey old = LogReader.open(data).identity().keys().getFirst();
    DataDirectory directory = new DataDirectory(data);
    SigningKeyRing.prepareRotation(directory, LogIdentity.read(directory.identity()), CONFIG);
    LogReader.open(data).tree().keepToken(signed.get(30), new byte[] {1});
    AuditLog.open(data, CONFIG).close();
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      log.append(AuditLogTest.event(0)).get();
      assertThat(log.seal().get().note().verify(List.of(old))).hasSize(1);
    }
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      assertThat(log.reader().tree().kept().getFirst().checkpoint().note().verify(List.of(old)))
          .hasSize(1);
      log.append(AuditLogTest.event(0)).get();
      assertThat(log.seal().get().note().signatures()).hasSize(1);
    }
    assertThat(data.resolve("keys/checkpoint.key.next")).doesNotExist();
  }

  @Test
  void aKeptCheckpointBeyondTheEndIsFoundHoweverLittleIsVerified() throws Exception {
    Path shorter = data.resolveSibling(data.getFileName() + "-shorter");
    LogFiles.copy(data, shorter);
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      log.append(AuditLogTest.events(5), null).get();
      log.reader().tree().keep(log.seal().get());
    }
    for (String part : List.of("segments", "tiles", "edge", "checkpoint")) {
      if (Files.exists(data.resolve(part))) {
        LogFiles.delete(data.resolve(part));
      }
      if (Files.isDirectory(shorter.resolve(part))) {
        LogFiles.copy(shorter.resolve(part), data.resolve(part));
      } else if (Files.exists(shorter.resolve(part))) {
        Files.copy(shorter.resolve(part), data.resolve(part));
      }
    }
    LogFiles.delete(shorter);
    PythonVerifier.verify(data);
    for (VerifyRequest request :
        List.of(
            VerifyRequest.all(),
            VerifyRequest.all().quickly(),
            VerifyRequest.range(3, 9),
            VerifyRequest.range(3, 9).quickly())) {
      List<Fault> faults = new ArrayList<>(faults(request));
      if (request.endId() == null) {
        assertThat(faults.removeFirst().reason())
            .isEqualTo("entries 32 to 36 are missing: the log ends before them");
      }
      assertThat(faults)
          .as(request.toString())
          .singleElement()
          .satisfies(fault ->
              assertThat(fault.reason())
                  .contains("36.note covers 36 entries, but the log ends at entry 31"));
    }
  }

  @Test
  void aQuickVerificationBeyondTheEndSaysWhatIsMissing() throws Exception {
    for (VerifyRequest request :
        List.of(
            VerifyRequest.range(3, 40), VerifyRequest.range(35, 40), VerifyRequest.range(3, 32))) {
      assertThat(faults(request.quickly()))
          .extracting(Fault::kind, Fault::reason)
          .isEqualTo(
              faults(request).stream()
                  .map(f -> org.assertj.core.groups.Tuple.tuple(f.kind(), f.reason()))
                  .toList());
    }
  }

  @Test
  void sizesIsWrittenAnewFromWhatIsThereWhenItIsDamaged() throws Exception {
    Files.write(data.resolve("checkpoints/sizes"), "x".getBytes(StandardCharsets.US_ASCII));
    files().keep(signed.get(10));
    assertThat(files().recordedSizes()).containsExactlyInAnyOrder(1L, 11L);
  }
}
