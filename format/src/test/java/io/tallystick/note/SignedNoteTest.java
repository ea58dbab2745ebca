package io.tallystick.note;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignedNoteTest {
  private static final Instant TIME = Instant.parse("2026-11-23T03:05:09Z");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final SignerKey ALICE = key("alice.example", KeyType.ED25519);
  private static final SignerKey BOB = key("bob.example", KeyType.ED25519);
  private static final SignerKey WITNESS = key("witness.example", KeyType.ED25519_COSIGNATURE);
  private static final String TEXT = "One line.\n\nAnother, after an empty one: — ü 🔑\n";

  private static SignerKey key(String name, KeyType type) {
    return SignerKey.generate(name, type, RANDOM);
  }

  private static SignedNote signed(SignerKey... keys) {
    return SignedNote.sign(TEXT, List.of(keys), TIME);
  }

  private static List<VerifierKey> verifiers(SignerKey... keys) {
    return List.of(keys).stream().map(SignerKey::verifier).toList();
  }

  @Test
  void verifiesTheExampleOfTheSpecification() throws InvalidNoteException {
    String note =
        "This is an example message.\n\n— example.com/foo"
            + " Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    VerifierKey key =
        VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
    assertThat(SignedNote.parse(note.getBytes(UTF_8)).verify(List.of(key)))
        .containsExactly(new VerifiedSignature(key, Optional.empty()));
  }

  @Test
  void isReadAsItIsWritten() throws InvalidNoteException {
    SignedNote note = signed(ALICE, BOB, WITNESS);
    SignedNote read = SignedNote.parse(note.toBytes());
    assertThat(read).isEqualTo(note);
    assertThat(read.text()).isEqualTo(TEXT);
    assertThat(read.toBytes()).asString(UTF_8).startsWith(TEXT + "\n— alice.example ");
  }

  @Test
  void tellsWhoSignedAndWhen() throws InvalidNoteException {
    assertThat(signed(ALICE, BOB, WITNESS).verify(verifiers(WITNESS, ALICE)))
        .containsExactly(
            new VerifiedSignature(ALICE.verifier(), Optional.empty()),
            new VerifiedSignature(WITNESS.verifier(), Optional.of(TIME)));
  }

  @Test
  void needsASignatureOfAKnownKey() {
    assertRefused(signed(ALICE), verifiers(BOB), "no known key");
    assertRefused(signed(ALICE), List.of(), "no known key");
  }

  @Test
  void passesOverKeysThatShareOnlyNameOrOnlyIdWithAKnownOne() throws InvalidNoteException {
    NoteSignature good = ALICE.sign(TEXT, TIME);
    NoteSignature sameName = new NoteSignature("alice.example", good.keyId() ^ 1, new byte[64]);
    NoteSignature sameId = new NoteSignature("alice.example.org", good.keyId(), new byte[64]);
    SignedNote note = new SignedNote(TEXT, List.of(sameName, sameId, good));
    assertThat(note.verify(verifiers(ALICE))).hasSize(1);
    assertRefused(
        new SignedNote(TEXT, List.of(sameName, sameId)), verifiers(ALICE), "no known key");
  }

  @Test
  void isRefusedForOneWrongSignatureOfAKnownKey() {
    NoteSignature wrong = ALICE.sign("Another text.\n", TIME);
    NoteSignature cut = new NoteSignature(wrong.name(), wrong.keyId(), new byte[] {1});
    for (NoteSignature bad : List.of(wrong, cut)) {
      SignedNote note = signed(BOB).with(List.of(bad));
      assertRefused(note, verifiers(BOB, ALICE), "does not verify");
      assertThat(holds(note, verifiers(BOB))).isTrue();
      assertRefused(signed(ALICE).with(List.of(bad)), verifiers(ALICE), "does not verify");
    }
  }

  @Test
  void countsAKeyOnce() throws InvalidNoteException {
    NoteSignature early = WITNESS.sign(TEXT, TIME);
    NoteSignature late = WITNESS.sign(TEXT, TIME.plusSeconds(1));
    SignedNote note = new SignedNote(TEXT, List.of(early, early, late));
    assertThat(note.verify(verifiers(WITNESS, WITNESS)))
        .containsExactly(new VerifiedSignature(WITNESS.verifier(), Optional.of(TIME)));
  }

  @Test
  void doesNotAddASignatureTwice() {
    SignedNote note = signed(ALICE, BOB);
    assertThat(note.with(note.signatures())).isEqualTo(note);
    assertThat(note.with(List.of(WITNESS.sign(TEXT, TIME))).signatures()).hasSize(3);
  }

  @Test
  void takesSixteenSignaturesAndMore() throws InvalidNoteException {
    NoteSignature unknown = new NoteSignature("x", 1, new byte[2428]);
    List<NoteSignature> signatures = new ArrayList<>(Collections.nCopies(99, unknown));
    signatures.add(ALICE.sign(TEXT, TIME));
    SignedNote note = new SignedNote(TEXT, signatures);
    assertThat(SignedNote.parse(note.toBytes()).verify(verifiers(ALICE))).hasSize(1);
  }

  @Test
  void hasLimits() {
    NoteSignature unknown = new NoteSignature("x", 1, new byte[64]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SignedNote(TEXT, Collections.nCopies(101, unknown)));
    String tooMany = TEXT + "\n" + (unknown.line() + "\n").repeat(101);
    assertMalformed(tooMany.getBytes(UTF_8));
    assertMalformed((TEXT + "\n" + (unknown.line() + "\n").repeat(5000)).getBytes(UTF_8));
    String tooLong = "x".repeat(SignedNote.MAX_BYTES) + "\n\n" + unknown.line() + "\n";
    assertMalformed(tooLong.getBytes(UTF_8));
  }

  /** Two keys that were looked for until name and id were the same. */
  @Test
  void doesNotTakeOneKeyForAnotherWithTheSameNameAndId() {
    SignerKey one =
        SignerKey.parse(
            "PRIVATE+KEY+twins.example+95eb7de2+AfCoDZ9GysuCxP3700+hat5z34WLPH4uMfCKc5TMig4d");
    SignerKey two =
        SignerKey.parse(
            "PRIVATE+KEY+twins.example+95eb7de2+AZsYBvJ5W4OCvt7GmWpTpyjZvkdTGjxjsZkRM+GiHShb");
    assertThat(holds(signed(one), verifiers(one))).isTrue();
    assertRefused(signed(one), verifiers(two), "does not verify");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> signed(one).verify(verifiers(one, two)))
        .withMessageContaining("two different keys");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n— x AAAAAAA=\n",
        "text\n\n— x AAAAAAA=",
        "text\n\n— x AAAAAAA=\n\n",
        "text\n\n— x AAAAAAA=\n \n",
        "text\n\n— x AAAAAAA=\nmore\n",
        "text\n\n- x AAAAAAA=\n",
        "text\n\n—x AAAAAAA=\n",
        "text\n\n— AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— x  AAAAAAA=\n",
        "text\n\n— x AAAAAAA= \n",
        "text\n\n— x y AAAAAAA=\n",
        "text\n\n— x+y AAAAAAA=\n",
        "text\n\n— x\u00a0y AAAAAAA=\n",
        "text\n\n— x AAAAAAA\n",
        "text\n\n— x AAAAAAB=\n",
        "text\n\n— x AAAAAA==\n",
        "text\n\n— x AAAA\n",
        "text\n\n— x \n",
        "text\n\n— x\n",
        "te\txt\n\n— x AAAAAAA=\n",
        "te\rxt\n\n— x AAAAAAA=\n",
        "text\r\n\r\n— x AAAAAAA=\r\n",
        "te\u0000xt\n\n— x AAAAAAA=\n",
        "te\u001bxt\n\n— x AAAAAAA=\n"
      })
  void refusesWhatIsNotANote(String note) {
    assertMalformed(note.getBytes(UTF_8));
  }

  @Test
  void refusesWhatIsNotUtf8() {
    byte[] note = "text\n\n— x AAAAAAA=\n".getBytes(UTF_8);
    note[1] = (byte) 0xff;
    assertMalformed(note);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SignedNote("\ud800\n", signed(ALICE).signatures()));
  }

  @Test
  void hasATextThatEndsWithANewline() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignedNote.sign("text", List.of(ALICE), TIME));
    assertThatIllegalArgumentException().isThrownBy(() -> SignedNote.sign(TEXT, List.of(), TIME));
  }

  @Test
  void neverVerifiesAnotherTextWhateverBitIsChanged() {
    byte[] note = signed(ALICE, WITNESS).toBytes();
    for (int bit = 0; bit < 8 * note.length; bit++) {
      byte[] mutant = note.clone();
      mutant[bit / 8] ^= (byte) (1 << (bit % 8));
      assertTextUnchanged(mutant);
    }
  }

  @Test
  void neverVerifiesAnotherTextWhateverIsChanged() {
    byte[] note = signed(ALICE, WITNESS).toBytes();
    Random random = new Random(42);
    int verified = 0;
    for (int i = 0; i < 20_000; i++) {
      verified += assertTextUnchanged(mutate(note, random)) ? 1 : 0;
    }
    assertThat(verified).isPositive();
  }

  /** Changes, inserts, removes or repeats a few bytes somewhere. */
  private static byte[] mutate(byte[] note, Random random) {
    List<Byte> bytes = new ArrayList<>();
    for (byte b : note) {
      bytes.add(b);
    }
    int at = random.nextInt(bytes.size());
    int length = 1 + random.nextInt(Math.min(4, bytes.size() - at));
    List<Byte> some = new ArrayList<>(bytes.subList(at, at + length));
    switch (random.nextInt(5)) {
      case 0 -> bytes.set(at, (byte) random.nextInt());
      case 1 -> bytes.add(at, (byte) "\n —+=A\u0000".charAt(random.nextInt(7)));
      case 2 -> bytes.subList(at, at + length).clear();
      case 3 -> bytes.addAll(random.nextInt(bytes.size()), some);
      default -> Collections.swap(bytes, at, random.nextInt(bytes.size()));
    }
    byte[] mutant = new byte[bytes.size()];
    for (int i = 0; i < mutant.length; i++) {
      mutant[i] = bytes.get(i);
    }
    return mutant;
  }

  private static boolean assertTextUnchanged(byte[] mutant) {
    try {
      SignedNote note = SignedNote.parse(mutant);
      assertThat(note.toBytes()).isEqualTo(mutant);
      note.verify(verifiers(ALICE, WITNESS));
      assertThat(note.text()).isEqualTo(TEXT);
      return true;
    } catch (InvalidNoteException refused) {
      return false;
    }
  }

  private static boolean holds(SignedNote note, List<VerifierKey> keys) {
    try {
      return !note.verify(keys).isEmpty();
    } catch (InvalidNoteException e) {
      return false;
    }
  }

  private static void assertRefused(SignedNote note, List<VerifierKey> keys, String reason) {
    assertThatExceptionOfType(InvalidNoteException.class)
        .isThrownBy(() -> note.verify(keys))
        .withMessageContaining(reason);
  }

  private static void assertMalformed(byte[] note) {
    assertThatExceptionOfType(InvalidNoteException.class).isThrownBy(() -> SignedNote.parse(note));
  }
}
