package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The proof vectors of transparency-dev/merkle, where they lie beside the checkout. */
class MerkleVectorsTest {
  private final ProofVerifier verifier = new ProofVerifier(new Hasher());

  private interface Verification {
    void run(Case test) throws InvalidProofException;
  }

  private record Case(Map<?, ?> fields) {
    /** Sizes of 2^63 and more come out negative: no tree here has them. */
    long number(String name) {
      return Long.parseUnsignedLong(text(name));
    }

    Hash hash(String name) {
      return Hash.parseBase64(text(name));
    }

    /** Some cases have texts for roots, of which only matters which are the same. */
    Hash root(String name) {
      byte[] bytes = Canonical.base64(text(name));
      return bytes.length == Hash.BYTES ? Hash.of(bytes) : NaiveTree.sha256(bytes);
    }

    List<Hash> proof() {
      List<Hash> proof = new ArrayList<>();
      if (fields.get("proof") instanceof List<?> hashes) {
        hashes.forEach(hash -> proof.add(Hash.parseBase64((String) hash)));
      }
      return proof;
    }

    String text(String name) {
      return String.valueOf(fields.get(name));
    }
  }

  @Test
  void inclusion() throws Exception {
    run(
        "inclusion.json",
        68,
        c ->
            verifier.inclusion(
                c.hash("leafHash"),
                c.number("leafIdx"),
                c.proof(),
                c.number("treeSize"),
                c.hash("root")));
  }

  @Test
  void consistency() throws Exception {
    run(
        "consistency.json",
        63,
        c ->
            verifier.consistency(
                c.number("size1"), c.hash("root1"), c.proof(), c.number("size2"), c.hash("root2")));
  }

  @Test
  void subtreeInclusion() throws Exception {
    run(
        "subtreeinclusion.json",
        168,
        c ->
            verifier.subtreeInclusion(
                c.hash("leafHash"),
                c.number("leafIdx"),
                c.proof(),
                c.number("start"),
                c.number("end"),
                c.hash("root")));
  }

  @Test
  void subtreeConsistency() throws Exception {
    run(
        "subtreeconsistency.json",
        96,
        c ->
            verifier.subtreeConsistency(
                c.number("start"),
                c.number("end"),
                c.root("root1"),
                c.proof(),
                c.number("size"),
                c.root("root2")));
  }

  private static void run(String file, int count, Verification verification) throws Exception {
    List<?> cases = (List<?>) Vectors.read(file);
    assertThat(cases).hasSize(count);
    for (Object fields : cases) {
      Case test = new Case((Map<?, ?>) fields);
      boolean refused;
      try {
        verification.run(test);
        refused = false;
      } catch (InvalidProofException | IllegalArgumentException e) {
        // Some cases have hashes of other lengths, which Hash refuses.
        refused = true;
      }
      assertThat(refused).as(test.text("name")).isEqualTo(test.text("wantErr").equals("true"));
    }
  }
}
