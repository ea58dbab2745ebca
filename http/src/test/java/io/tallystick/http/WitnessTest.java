package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.note.AddCheckpoint;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.KeyType;
import io.tallystick.note.NoteSignature;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.witness.Witness;
import io.tallystick.service.witness.WitnessClient;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a witness signs and what it refuses. */
class WitnessTest extends WitnessFixture {
  @Test
  void aGrowingLogIsSignedEachTimeAlsoAfterRestarts() throws Exception {
    LogTree tree = log.reader().tree();
    VerifierKey key = log.reader().identity().keys().getFirst();
    WitnessClient client = client();
    for (int round = 0; round < 4; round++) {
      append(300 * round + 1);
      SignedCheckpoint newest = tree.newest().orElseThrow();
      NoteSignature signature = client.cosign(tree, newest);
      verifyCosigned(newest.with(List.of(signature)).note(), key, witness.verifier());
      if (round == 1) {
        VerifierKey before = witness.verifier();
        server.close();
        witness.close();
        openWitness();
        assertThat(witness.verifier()).isEqualTo(before);
        client = client();
      }
    }
    assertThat(client().cosign(tree, tree.newest().orElseThrow()))
        .as("the same checkpoint again, by somebody who does not know what was signed")
        .isNotNull();
  }

  @Test
  void everyRefusalHasItsStatus() throws Exception {
    LogTree tree = log.reader().tree();
    SignedCheckpoint five = tree.newest().orElseThrow();
    append(4);
    SignedCheckpoint nine = tree.newest().orElseThrow();
    List<Hash> proof = tree.consistency(five.size(), nine.size());

    for (String text :
        List.of(
            "",
            "old 0",
            "old 0\n",
            "old 00\n\n" + five.note(),
            "old -1\n\n" + five.note(),
            "older 0\n\n" + five.note(),
            "old 0\nnothash\n\n" + five.note(),
            "old 0\n" + (proof.getFirst().toBase64() + "\n").repeat(64) + "\n" + five.note(),
            "old 0\n\n" + five.note().text(),
            "old 0\n\nx\n" + five.note())) {
      assertThat(post(text.getBytes(StandardCharsets.UTF_8)).statusCode()).as(text).isEqualTo(400);
    }
    assertThat(post(new byte[] {'o', 'l', 'd', ' ', '0', '\n', '\n', (byte) 0xff}).statusCode())
        .isEqualTo(400);
    assertThat(post(new byte[AddCheckpoint.MAX_BYTES + 1]).statusCode()).isEqualTo(413);
    assertThat(post(five.size() + 1, List.of(), five.note()).statusCode()).isEqualTo(400);

    SignerKey stranger = SignerKey.generate("other.example", KeyType.ED25519, new SecureRandom());
    Checkpoint unknown = new Checkpoint("other.example", 1, five.checkpoint().root());
    assertThat(
            post(0, List.of(), SignedNote.sign(unknown.text(), List.of(stranger), Instant.now()))
                .statusCode())
        .isEqualTo(404);
    SignerKey impostor =
        SignerKey.generate(five.checkpoint().origin(), KeyType.ED25519, new SecureRandom());
    assertThat(
            post(
                    0,
                    List.of(),
                    SignedNote.sign(five.checkpoint().text(), List.of(impostor), Instant.now()))
                .statusCode())
        .isEqualTo(403);

    assertThat(post(0, proof, five.note()).statusCode()).as("a proof from nothing").isEqualTo(422);
    assertThat(post(0, List.of(), five.note()).statusCode()).isEqualTo(200);
    HttpResponse<String> conflict = post(0, List.of(), nine.note());
    assertThat(conflict.statusCode()).isEqualTo(409);
    assertThat(conflict.headers().firstValue("Content-Type").orElseThrow())
        .isEqualTo("text/x.tlog.size");
    assertThat(conflict.body()).isEqualTo(five.size() + "\n");
    assertThat(post(five.size(), List.of(), nine.note()).statusCode()).isEqualTo(422);
    List<Hash> wrong = new ArrayList<>(proof);
    wrong.set(0, five.checkpoint().root());
    assertThat(post(five.size(), wrong, nine.note()).statusCode()).isEqualTo(422);
    assertThat(post(five.size(), proof, nine.note()).statusCode()).isEqualTo(200);
    assertThat(post(five.size(), List.of(), five.note()).body())
        .as("going back is refused")
        .isEqualTo(nine.size() + "\n");
  }

  @Test
  void aLogThatWasPutBackOrRewrittenIsNotSigned() throws Exception {
    Path data = directory.resolve("log");
    log.close();
    Path yesterday = directory.resolve("yesterday");
    copy(data, yesterday);
    log = AuditLog.open(data, LogConfig.defaults());
    append(10);
    LogTree tree = log.reader().tree();
    client().cosign(tree, tree.newest().orElseThrow());

    try (AuditLog old = AuditLog.open(yesterday, LogConfig.defaults())) {
      LogTree olds = old.reader().tree();
      assertThatThrownBy(() -> client().cosign(olds, old.seal().get()))
          .isInstanceOf(WitnessClient.Contradiction.class)
          .hasMessageContaining("put back");
      SignedCheckpoint same = append(old, (int) (log.lastId() - old.lastId()));
      assertThatThrownBy(() -> client().cosign(olds, same))
          .as("another history of the same length, with the log's own key")
          .isInstanceOf(WitnessClient.Contradiction.class);
      SignedCheckpoint longer = append(old, 100);
      assertThatThrownBy(() -> client().cosign(olds, longer))
          .as("a longer one")
          .isInstanceOf(WitnessClient.Contradiction.class);
    }
    append(1);
    assertThat(client().cosign(tree, tree.newest().orElseThrow()))
        .as("the true log is signed as before")
        .isNotNull();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  @Test
  void aWitnessWithDamagedMemorySignsNothing() throws Exception {
    LogTree tree = log.reader().tree();
    client().cosign(tree, tree.newest().orElseThrow());
    Path logs = directory.resolve("witness").resolve("logs");
    try (Stream<Path> files = Files.list(logs)) {
      Path file = files.findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
    }
    append(1);
    SignedCheckpoint newest = tree.newest().orElseThrow();
    assertThatThrownBy(() -> client().cosign(tree, newest))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(WitnessClient.Contradiction.class)
        .hasMessageContaining("500");
  }

  @Test
  void onlyOneProcessIsTheWitnessAndOnlyItsOwnerReadsItsKey() throws Exception {
    Path home = directory.resolve("witness");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(home.resolve("witness.key"))))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> Witness.open(home, "w", List.of(), Clock.systemUTC()))
        .hasMessageContaining("in use");
  }
}
