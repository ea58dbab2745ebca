package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.KeyType;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.TlogProof;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evidence that a forger made for whoever checks it. */
class ForgedEvidenceTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir Path directory;
  private byte[] entry = {};
  private String logKey = "";

  @BeforeEach
  void makeLog() throws Exception {
    Path data = directory.resolve("log");
    AuditLog.open(data, LogConfig.builder().origin("example.com/log").build()).close();
    LogReader log = LogReader.open(data);
    entry = log.read(1).orElseThrow().bytes();
    logKey = log.identity().verifierKeys().getFirst();
  }

  /** The files of a bundle with one entry, in a tree of its own, under a checkpoint of this key. */
  private Map<String, byte[]> bundle(SignerKey signer) {
    Hash root = new Hasher().leaf(entry);
    String text = new Checkpoint(signer.verifier().name(), 1, root).text();
    SignedNote note = SignedNote.sign(text, List.of(signer), Instant.now());
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("checkpoint", note.toBytes());
    files.put("entries/1.json", entry);
    files.put("proofs/1.tlog-proof", new TlogProof(0, List.of(), note.toString()).toBytes());
    return files;
  }

  private String zip(Map<String, byte[]> files) throws IOException {
    Path zip = directory.resolve("bundle.zip");
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream writer = new ZipOutputStream(out, UTF_8)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        writer.putNextEntry(new ZipEntry(file.getKey()));
        writer.write(file.getValue());
      }
    }
    return zip.toString();
  }

  private static InProcess.Result tally(String... arguments) {
    return InProcess.run(Map.of(), "", arguments);
  }

  private InProcess.Result verifyProof(Map<String, byte[]> bundle, String keys) throws IOException {
    Path proof = Files.write(directory.resolve("proof"), bundle.get("proofs/1.tlog-proof"));
    Path bytes = Files.write(directory.resolve("entry"), entry);
    return tally("verify-proof", proof.toString(), "--entry", bytes.toString(), "--key", keys);
  }

  /** The auditor trusts the log and its witness, and the witness is the forger. */
  @Test
  void aWitnessWhoseNameStandsAsTheOriginProvesNothing() throws Exception {
    for (KeyType type : List.of(KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44)) {
      SignerKey witness = SignerKey.generate("example.org/witness", type, RANDOM);
      Map<String, byte[]> forged = bundle(witness);
      String both = logKey + "," + witness.verifier();
      InProcess.Result bundle = tally("verify-bundle", zip(forged), "--key", both);
      assertThat(bundle.code()).as(bundle.toString()).isEqualTo(Failure.NOT_VALID);
      assertThat(bundle.out())
          .contains("NOT VALID", "no known key of the log example.org/witness has signed");
      InProcess.Result proof = verifyProof(forged, both);
      assertThat(proof.code()).as(proof.toString()).isEqualTo(Failure.NOT_VALID);
      String alone = witness.verifier().toString();
      for (InProcess.Result refused :
          List.of(
              tally("verify-bundle", zip(forged), "--key", alone), verifyProof(forged, alone))) {
        assertThat(refused.code()).as(refused.toString()).isEqualTo(Failure.USAGE);
        assertThat(refused.err()).contains("--key needs a log's key");
      }
    }
  }

  /** Whoever runs one trusted log passes off its entries as those of another. */
  @Test
  void aBundleIsOfTheOneLogThatIsAskedAbout() throws Exception {
    SignerKey other = SignerKey.generate("other.example/log", KeyType.ED25519, RANDOM);
    Map<String, byte[]> files = bundle(other);
    assertThat(tally("verify-bundle", zip(files), "--key", other.verifier().toString()).code())
        .isZero();
    String both = logKey + "," + other.verifier();
    for (InProcess.Result refused :
        List.of(tally("verify-bundle", zip(files), "--key", both), verifyProof(files, both))) {
      assertThat(refused.code()).as(refused.toString()).isEqualTo(Failure.USAGE);
      assertThat(refused.err()).contains("example.com/log", "other.example/log", "one log");
    }
  }

  @Test
  void anEmptyBundleIsNotValid() throws Exception {
    SignerKey log = SignerKey.generate("other.example/log", KeyType.ED25519, RANDOM);
    Map<String, byte[]> files = bundle(log);
    files.keySet().removeIf(name -> !name.equals("checkpoint"));
    InProcess.Result empty = tally("verify-bundle", zip(files), "--key", log.verifier().toString());
    assertThat(empty.code()).isEqualTo(Failure.NOT_VALID);
    assertThat(empty.out()).contains("NOT VALID", "it holds no entry");
  }

  /** Each costs its author a few bytes, and would cost the reader a line. */
  @Test
  void manyFilesThatDoNotBelongFillNoTerminal() throws Exception {
    SignerKey log = SignerKey.generate("other.example/log", KeyType.ED25519, RANDOM);
    Map<String, byte[]> files = bundle(log);
    for (int i = 0; i < 5_000; i++) {
      files.put("junk/" + i, new byte[0]);
    }
    InProcess.Result full = tally("verify-bundle", zip(files), "--key", log.verifier().toString());
    assertThat(full.code()).isEqualTo(Failure.NOT_VALID);
    assertThat(full.out().lines().count()).isLessThan(150);
    assertThat(full.out()).contains("5,000 faults in all");
  }
}
