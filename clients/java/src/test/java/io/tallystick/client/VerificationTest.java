package io.tallystick.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The vectors are those of the clients in all languages. */
class VerificationTest {
  private static final Path VECTORS = Path.of("../vectors");

  private static final Map<String, Object> LOG = log();
  private static final VerifierKey KEY = VerifierKey.parse(text(LOG.get("verifier_key")));
  private static final List<Hash> LEAVES =
      list(LOG.get("entries")).stream()
          .map(entry -> Hash.parseHex(text(object(entry).get("hash"))))
          .toList();

  private static Map<String, Object> log() {
    try {
      return Json.readObject(Files.readString(VECTORS.resolve("log.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<?, ?> object(@Nullable Object value) {
    return (Map<?, ?>) Objects.requireNonNull(value);
  }

  private static String text(@Nullable Object value) {
    return (String) Objects.requireNonNull(value);
  }

  private static long number(@Nullable Object value) {
    return Long.parseUnsignedLong(text(value));
  }

  private static List<?> list(@Nullable Object value) {
    return (List<?>) Objects.requireNonNull(value);
  }

  private static String checkpoint(int size) {
    return text(object(list(LOG.get("checkpoints")).get(size)).get("note"));
  }

  /** From the definitions in RFC 9162, section 2.1, not with our code. */
  private static Hash root(List<Hash> leaves) {
    if (leaves.size() == 1) {
      return leaves.get(0);
    }
    int k = Integer.highestOneBit(leaves.size() - 1);
    return Hash.ofNode(root(leaves.subList(0, k)), root(leaves.subList(k, leaves.size())));
  }

  private static List<Hash> path(int m, List<Hash> leaves) {
    List<Hash> path = new ArrayList<>();
    if (leaves.size() > 1) {
      int k = Integer.highestOneBit(leaves.size() - 1);
      List<Hash> left = leaves.subList(0, k);
      List<Hash> right = leaves.subList(k, leaves.size());
      path.addAll(m < k ? path(m, left) : path(m - k, right));
      path.add(root(m < k ? right : left));
    }
    return path;
  }

  private static String proof(int index, int size) {
    StringBuilder proof =
        new StringBuilder("c2sp.org/tlog-proof@v1\nindex ").append(index).append('\n');
    for (Hash hash : path(index, LEAVES.subList(0, size))) {
      byte[] bytes = HexFormat.of().parseHex(hash.toString());
      proof.append(Base64.getEncoder().encodeToString(bytes)).append('\n');
    }
    return proof.append('\n').append(checkpoint(size)).toString();
  }

  @Test
  void publishedInclusionVectors() throws Exception {
    int good = 0;
    int bad = 0;
    // Numbers as texts: some have 64 bits without a sign, which the client's reader refuses.
    String vectors =
        Files.readString(VECTORS.resolve("inclusion.json"))
            .replaceAll("(\"index\"|\"size\"): ([0-9]+)", "$1: \"$2\"");
    for (Object each : list(Json.readObject("{\"all\":" + vectors + "}").get("all"))) {
      Map<?, ?> vector = object(each);
      boolean valid;
      try {
        List<Hash> proof = new ArrayList<>();
        for (Object hash : list(vector.get("proof"))) {
          proof.add(Hash.parseBase64(text(hash)));
        }
        Verification.inclusion(
            Hash.parseBase64(text(vector.get("leaf"))),
            number(vector.get("index")),
            number(vector.get("size")),
            proof,
            Hash.parseBase64(text(vector.get("root"))));
        valid = true;
      } catch (VerificationException e) {
        valid = false;
      }
      assertThat(valid).as(text(vector.get("name"))).isEqualTo(vector.get("valid"));
      good += valid ? 1 : 0;
      bad += valid ? 0 : 1;
    }
    assertThat(good).isGreaterThanOrEqualTo(5);
    assertThat(bad).isGreaterThanOrEqualTo(60);
  }

  @Test
  void proofsOfALogWithAKnownKey() throws Exception {
    for (int size = 1; size <= LEAVES.size(); size++) {
      for (int index = 0; index < size; index++) {
        Checkpoint checkpoint =
            Verification.proof(proof(index, size), index + 1, LEAVES.get(index), KEY);
        assertThat(checkpoint.size()).isEqualTo(size);
      }
    }
  }

  @Test
  void aProofWithAnyBitFlippedIsRefused() {
    byte[] proof = proof(2, 5).getBytes(UTF_8);
    for (int bit = 0; bit < 8 * proof.length; bit++) {
      byte[] flipped = proof.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      String text = new String(flipped, UTF_8);
      assertThatThrownBy(() -> Verification.proof(text, 3, LEAVES.get(2), KEY))
          .as(text)
          .isInstanceOf(VerificationException.class);
    }
  }

  @Test
  void aProofOfSomethingElseIsRefused() {
    assertThatThrownBy(() -> Verification.proof(proof(2, 5), 2, LEAVES.get(2), KEY))
        .hasMessageContaining("not one of entry 2");
    assertThatThrownBy(() -> Verification.proof(proof(2, 5), 3, LEAVES.get(1), KEY))
        .hasMessageContaining("does not lead to the root");
    assertThatThrownBy(() -> Verification.proof(proof(2, 5), 3, LEAVES.get(2)))
        .hasMessageContaining("not signed with a key that is pinned");
  }

  @Test
  void aVerifierKeyIsCheckedAgainstItsHash() {
    String key = text(LOG.get("verifier_key"));
    for (int i = 0; i < key.length(); i++) {
      StringBuilder changed = new StringBuilder(key);
      changed.setCharAt(i, (char) (key.charAt(i) ^ 1));
      assertThatThrownBy(() -> VerifierKey.parse(changed.toString()))
          .as(changed.toString())
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatCode(() -> VerifierKey.parse(key)).doesNotThrowAnyException();
  }
}
