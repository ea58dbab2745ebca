package io.tallystick.note;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.TlogProof;
import io.tallystick.tlog.Vectors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  private static final String ORIGIN = "tallystick.example/vectors";
  private static final Instant TIME = Instant.ofEpochSecond(1_679_315_147);
  private static final SignerKey LOG =
      SignerKey.parse(
          "PRIVATE+KEY+tallystick.example/vectors+14b27ac5+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f");
  private static final SignerKey LOG_ML_DSA =
      SignerKey.generate(ORIGIN, KeyType.ML_DSA_44, new SecureRandom());
  private static final SignerKey WITNESS =
      SignerKey.generate("witness.example", KeyType.ED25519_COSIGNATURE, new SecureRandom());
  private static final SignerKey WITNESS_ML_DSA =
      SignerKey.generate("witness.example", KeyType.ML_DSA_44, new SecureRandom());
  private static final Hash ROOT = new Hasher().leaf(new byte[] {7});
  private static final Checkpoint CHECKPOINT = new Checkpoint(ORIGIN, 20_852_163, ROOT);

  private static SignedNote signed(SignerKey... keys) {
    return SignedNote.sign(CHECKPOINT.text(), List.of(keys), TIME);
  }

  private static List<VerifierKey> verifiers(SignerKey... keys) {
    return List.of(keys).stream().map(SignerKey::verifier).toList();
  }

  @Test
  void hasAKnownForm() {
    Checkpoint empty = new Checkpoint(ORIGIN, 0, Hasher.EMPTY_ROOT);
    assertThat(SignedNote.sign(empty.text(), List.of(LOG), TIME))
        .hasToString(
            """
            tallystick.example/vectors
            0
            47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

            — tallystick.example/vectors \
            FLJ6xatgP4hIYD0riKJH/yki2WSRl8oS4gnkdta3TXKdefHEzP6IH5loi+Luz3Xbr1MRZjSzNlaer2Ws7mK1Ebi6Ag8=
            """);
  }

  @Test
  void isTheSameByteForByteAsTheVectors() throws IOException, InvalidNoteException {
    Map<?, ?> vectors = (Map<?, ?>) Vectors.read("log.json");
    SignerKey signer = SignerKey.parse(String.valueOf(vectors.get("signer_key")));
    assertThat(signer.verifier()).hasToString(String.valueOf(vectors.get("verifier_key")));
    List<?> checkpoints = List.copyOf((List<?>) requireNonNull(vectors.get("checkpoints")));
    assertThat(checkpoints).hasSize(6);
    for (Object item : checkpoints) {
      Map<?, ?> expected = (Map<?, ?>) item;
      Checkpoint checkpoint =
          new Checkpoint(
              String.valueOf(vectors.get("origin")),
              Long.parseLong(String.valueOf(expected.get("size"))),
              Hash.parseHex(String.valueOf(expected.get("root"))));
      SignedNote note = SignedNote.sign(checkpoint.text(), List.of(signer), TIME);
      assertThat(note).hasToString(String.valueOf(expected.get("note")));
      assertThat(Checkpoint.open(note, List.of(signer.verifier()))).isEqualTo(checkpoint);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 9, 10, 1_000_000, Long.MAX_VALUE})
  void isReadAsItIsWritten(long size) throws InvalidNoteException {
    Checkpoint checkpoint = new Checkpoint(ORIGIN, size, ROOT);
    assertThat(Checkpoint.parse(checkpoint.text())).isEqualTo(checkpoint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "log\n1\nROOT",
        "log\n1\nROOT\n\n",
        "log\n1\nROOT\nextension\n",
        "log\n1\n\nROOT\n",
        "\n1\nROOT\n",
        "l og\n1\nROOT\n",
        "l+og\n1\nROOT\n",
        "log\n01\nROOT\n",
        "log\n+1\nROOT\n",
        "log\n-1\nROOT\n",
        "log\n 1\nROOT\n",
        "log\n1 \nROOT\n",
        "log\n1\r\nROOT\n",
        "log\n\nROOT\n",
        "log\n9223372036854775808\nROOT\n",
        "log\n0\nROOT\n",
        "log\n1\nROOT \n",
        "log\n1\n\n",
        "log\n1\nAAAA\n",
        "log\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
        "log\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n"
      })
  void refusesEverythingElse(String text) {
    String filled = text.replace("ROOT", ROOT.toBase64());
    assertThatExceptionOfType(InvalidNoteException.class)
        .isThrownBy(() -> Checkpoint.parse(filled));
  }

  @Test
  void cannotBeMadeOfWhatItCannotSay() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint(ORIGIN, -1, ROOT));
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint(ORIGIN, 0, ROOT));
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint("a\nb", 1, ROOT));
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint("o".repeat(256), 1, ROOT));
  }

  @Test
  void opensWithTheLogsKey() throws InvalidNoteException {
    SignedNote note = signed(LOG, WITNESS, LOG_ML_DSA, WITNESS_ML_DSA);
    assertThat(Checkpoint.open(note, verifiers(LOG))).isEqualTo(CHECKPOINT);
    assertThat(Checkpoint.open(note, verifiers(LOG, LOG_ML_DSA, WITNESS))).isEqualTo(CHECKPOINT);
    assertThat(note.verify(verifiers(LOG, WITNESS, LOG_ML_DSA, WITNESS_ML_DSA)))
        .extracting(VerifiedSignature::time)
        .containsExactly(Optional.empty(), Optional.of(TIME), Optional.of(TIME), Optional.of(TIME));
  }

  @Test
  void doesNotOpenWithWitnessesAlone() {
    assertThatExceptionOfType(InvalidNoteException.class)
        .isThrownBy(() -> Checkpoint.open(signed(LOG, WITNESS), verifiers(WITNESS)))
        .withMessageContaining("no known key of the log " + ORIGIN);
  }

  /** A forger who is a trusted witness writes its own name where a log's origin stands. */
  @ParameterizedTest
  @EnumSource(
      value = KeyType.class,
      names = {"ED25519_COSIGNATURE", "ML_DSA_44"})
  void aWitnessWhoseNameStandsAsTheOriginVouchesForNoLog(KeyType type) {
    SignerKey witness = SignerKey.generate("witness.example", type, new SecureRandom());
    String text = new Checkpoint("witness.example", 5, ROOT).text();
    SignedNote forged = SignedNote.sign(text, List.of(witness), TIME);
    assertThatExceptionOfType(InvalidNoteException.class)
        .isThrownBy(() -> Checkpoint.open(forged, verifiers(LOG, witness)))
        .withMessageContaining("no known key of the log witness.example");
  }

  /** Who can forge Ed25519 leaves the other signature out. */
  @Test
  void doesNotOpenWithoutThePostQuantumSignatureOfAKnownKey() throws InvalidNoteException {
    assertThat(Checkpoint.open(signed(LOG, LOG_ML_DSA), verifiers(LOG, LOG_ML_DSA)))
        .isEqualTo(CHECKPOINT);
    assertThatExceptionOfType(InvalidNoteException.class)
        .isThrownBy(() -> Checkpoint.open(signed(LOG), verifiers(LOG, LOG_ML_DSA)))
        .withMessageContaining("ML-DSA-44");
    assertThatExceptionOfType(InvalidNoteException.class)
        .isThrownBy(() -> Checkpoint.open(signed(LOG, LOG_ML_DSA), verifiers(LOG_ML_DSA)))
        .withMessageContaining("Ed25519");
  }

  @Test
  void doesNotOpenWithTheKeyOfAnotherLog() {
    SignerKey other = SignerKey.generate("other.example", KeyType.ED25519, new SecureRandom());
    assertThatExceptionOfType(InvalidNoteException.class)
        .isThrownBy(() -> Checkpoint.open(signed(LOG, other), verifiers(other)));
  }

  /** Independent of the code: the bytes as C2SP tlog-cosignature lays them out. */
  @Test
  void isCosignedAsTheSpecificationSays() throws InvalidNoteException {
    byte[] origin = ORIGIN.getBytes(UTF_8);
    byte[] name = "witness.example".getBytes(UTF_8);
    byte[] mlDsa =
        ByteBuffer.allocate(12 + 1 + name.length + 8 + 1 + origin.length + 8 + 8 + 32)
            .put("subtree/v1\n\0".getBytes(UTF_8))
            .put((byte) name.length)
            .put(name)
            .putLong(1_679_315_147)
            .put((byte) origin.length)
            .put(origin)
            .putLong(0)
            .putLong(20_852_163)
            .put(ROOT.toBytes())
            .array();
    String text = CHECKPOINT.text();
    assertThat(KeyType.ML_DSA_44.message("witness.example", 1_679_315_147, text)).isEqualTo(mlDsa);
    assertThat(KeyType.ED25519_COSIGNATURE.message("witness.example", 1_679_315_147, text))
        .asString(UTF_8)
        .isEqualTo("cosignature/v1\ntime 1679315147\n" + text);
    assertThat(ByteBuffer.wrap(WITNESS.sign(text, TIME).signature()).getLong())
        .isEqualTo(1_679_315_147);
    assertThat(WITNESS.sign(text, TIME).signature()).hasSize(8 + 64);
    assertThat(WITNESS_ML_DSA.sign(text, TIME).signature()).hasSize(8 + 2420);
  }

  @Test
  void hasNoTimeWhereMlDsaSaysNone() throws InvalidNoteException {
    SignedNote note =
        SignedNote.sign(CHECKPOINT.text(), List.of(LOG_ML_DSA, WITNESS), Instant.EPOCH);
    assertThat(note.verify(verifiers(LOG_ML_DSA, WITNESS)))
        .extracting(VerifiedSignature::time)
        .containsExactly(Optional.empty(), Optional.of(Instant.EPOCH));
  }

  @Test
  void refusesTimesThatAreNone() {
    String text = CHECKPOINT.text();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WITNESS.sign(text, Instant.EPOCH.minusNanos(1)));
  }

  /** Signed as they are, unlike what {@link SignerKey} would sign. */
  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE})
  void refusesSignedTimesThatAreNone(long epochSecond) throws InvalidNoteException {
    SignatureScheme scheme = SignatureScheme.ED25519;
    KeyType type = KeyType.ED25519_COSIGNATURE;
    byte[] seed = new byte[SignatureScheme.SEED_BYTES];
    VerifierKey key = new VerifierKey("witness.example", type, scheme.publicKey(seed));
    String text = CHECKPOINT.text();
    for (long time : new long[] {epochSecond, 1}) {
      byte[] signature = scheme.sign(seed, type.message(key.name(), time, text));
      byte[] timed = ByteBuffer.allocate(72).putLong(time).put(signature).array();
      NoteSignature line = new NoteSignature(key.name(), key.id(), timed);
      assertThat(key.verify(text, line).isPresent()).isEqualTo(time == 1);
    }
  }

  @Test
  void isAllThatMlDsaSigns() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignedNote.sign("text\n", List.of(LOG_ML_DSA), TIME));
    String extended = CHECKPOINT.text() + "extension\n";
    NoteSignature signature = LOG_ML_DSA.sign(CHECKPOINT.text(), TIME);
    assertThatExceptionOfType(InvalidNoteException.class)
        .isThrownBy(
            () -> new SignedNote(extended, List.of(signature)).verify(verifiers(LOG_ML_DSA)));
  }

  @Test
  void neverOpensAsAnotherWhateverBitOfAnMlDsaNoteIsChanged() {
    byte[] note = signed(LOG, LOG_ML_DSA).toBytes();
    for (int bit = 0; bit < 8 * note.length; bit += bit < 3000 ? 1 : 7) {
      assertSameOrRefused(note, bit, verifiers(LOG, LOG_ML_DSA));
    }
  }

  @Test
  void neverOpensAsAnotherWhateverBitIsChanged() {
    byte[] note = signed(LOG, WITNESS).toBytes();
    for (int bit = 0; bit < 8 * note.length; bit++) {
      assertSameOrRefused(note, bit, verifiers(LOG, WITNESS));
    }
  }

  private static void assertSameOrRefused(byte[] note, int bit, List<VerifierKey> keys) {
    byte[] mutant = note.clone();
    mutant[bit / 8] ^= (byte) (1 << (bit % 8));
    try {
      assertThat(Checkpoint.open(SignedNote.parse(mutant), keys)).isEqualTo(CHECKPOINT);
    } catch (InvalidNoteException e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
  }

  /** The whole of what an auditor does with a proof file; no bit of it can be changed. */
  @Test
  void sealsAProofFile() throws Exception {
    Hasher hasher = new Hasher();
    Hash leaf = hasher.leaf("entry".getBytes(UTF_8));
    Hash other = hasher.leaf("other".getBytes(UTF_8));
    Checkpoint checkpoint = new Checkpoint(ORIGIN, 6, hasher.node(hasher.node(leaf, other), other));
    SignedNote note = SignedNote.sign(checkpoint.text(), List.of(LOG), TIME);
    byte[] file = new TlogProof(0, List.of(other, other), note.toString()).toBytes();
    // Two hashes are the way of leaf 0 in a tree of 3 or 4, not of 6.
    assertThat(proves(file, leaf)).isFalse();
    checkpoint = new Checkpoint(ORIGIN, 3, hasher.node(hasher.node(leaf, other), other));
    note = SignedNote.sign(checkpoint.text(), List.of(LOG), TIME);
    file = new TlogProof(0, List.of(other, other), note.toString()).toBytes();
    assertThat(proves(file, leaf)).isTrue();
    assertThat(proves(file, other)).isFalse();
    for (int bit = 0; bit < 8 * file.length; bit++) {
      byte[] mutant = file.clone();
      mutant[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThat(proves(mutant, leaf)).isFalse();
    }
  }

  private static boolean proves(byte[] file, Hash leaf) {
    try {
      TlogProof proof = TlogProof.parse(file);
      SignedNote note = SignedNote.parse(proof.checkpoint().getBytes(UTF_8));
      Checkpoint checkpoint = Checkpoint.open(note, verifiers(LOG));
      new ProofVerifier(new Hasher())
          .inclusion(leaf, proof.index(), proof.hashes(), checkpoint.size(), checkpoint.root());
      return true;
    } catch (InvalidProofException | InvalidNoteException refused) {
      return false;
    }
  }
}
