package io.tallystick.tlog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlogProofTest {
  private static final String HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  private static final String CHECKPOINT =
      "log.example\n2\n" + HASH + "\n\n— log.example AAAAAAA=\n";
  private static final String START = "c2sp.org/tlog-proof@v1\n";

  @Test
  void isTheFileOfTheSpecification() throws InvalidProofException {
    String file = START + "index 1\n" + HASH + "\n\n" + CHECKPOINT;
    TlogProof proof = new TlogProof(1, List.of(Hasher.EMPTY_ROOT), CHECKPOINT);
    assertThat(proof.toBytes()).asString(UTF_8).isEqualTo(file);
    assertThat(TlogProof.parse(file.getBytes(UTF_8))).isEqualTo(proof);
  }

  @Test
  void carriesExtraDataAndNoHashes() throws InvalidProofException {
    String file = START + "extra Zm9v\nindex 0\n\n" + CHECKPOINT;
    TlogProof proof = new TlogProof(Optional.of("Zm9v"), 0, List.of(), CHECKPOINT);
    assertThat(proof.toBytes()).asString(UTF_8).isEqualTo(file);
    assertThat(TlogProof.parse(file.getBytes(UTF_8))).isEqualTo(proof);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n\n",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\n\nC",
        "c2sp.org/tlog-proof@v1\n\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\n",
        "c2sp.org/tlog-proof@v1\nindex 1\n\n",
        "c2sp.org/tlog-proof@v2\nindex 1\n\nC",
        "c2sp.org/tlog-proof@v1 \nindex 1\n\nC",
        " c2sp.org/tlog-proof@v1\nindex 1\n\nC",
        "\nc2sp.org/tlog-proof@v1\nindex 1\n\nC",
        "c2sp.org/tlog-proof@v1\r\nindex 1\r\n\r\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\r\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nC",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nC",
        "c2sp.org/tlog-proof@v1\nindex +1\n\nC",
        "c2sp.org/tlog-proof@v1\nindex  1\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1 \n\nC",
        "c2sp.org/tlog-proof@v1\nindex \n\nC",
        "c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\nC",
        "c2sp.org/tlog-proof@v1\nIndex 1\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\nindex 1\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\nextra Zm9v\n\nC",
        "c2sp.org/tlog-proof@v1\nextra Zm9v\nextra Zm9v\nindex 1\n\nC",
        "c2sp.org/tlog-proof@v1\nextra Zm9\nindex 1\n\nC",
        "c2sp.org/tlog-proof@v1\nextra\nindex 1\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\nZm9v\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= \n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\n\nC",
        "c2sp.org/tlog-proof@v1\nindex 1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n\nC"
      })
  void refusesEverythingElse(String file) {
    assertRefused(file.getBytes(UTF_8));
  }

  @Test
  void refusesWhatIsTooLargeOrNotUtf8() {
    String head = START + "index 1\n";
    assertRefused((head + (HASH + "\n").repeat(64) + "\n" + CHECKPOINT).getBytes(UTF_8));
    assertRefused((head + "\n" + "C".repeat(TlogProof.MAX_BYTES)).getBytes(UTF_8));
    byte[] bad = (head + "\nC").getBytes(UTF_8);
    bad[bad.length - 1] = (byte) 0xff;
    assertRefused(bad);
  }

  @Test
  void cannotBeMadeOfWhatTheFileCannotSay() {
    assertThatIllegalArgumentException().isThrownBy(() -> new TlogProof(-1, List.of(), "C"));
    assertThatIllegalArgumentException().isThrownBy(() -> new TlogProof(0, List.of(), ""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TlogProof(0, Collections.nCopies(64, Hasher.EMPTY_ROOT), "C"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TlogProof(Optional.of("?"), 0, List.of(), "C"));
  }

  @Test
  void isWrittenAgainAsItWasRead() {
    Random random = new Random(5);
    byte[] file =
        (START + "index 19\n" + (HASH + "\n").repeat(3) + "\n" + CHECKPOINT).getBytes(UTF_8);
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = file.clone();
      for (int k = random.nextInt(3); k >= 0; k--) {
        mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(128);
      }
      try {
        assertThat(TlogProof.parse(mutant).toBytes()).isEqualTo(mutant);
        read++;
      } catch (InvalidProofException e) {
        assertThat(e).hasMessageStartingWith("this is not a tlog-proof: ");
      }
    }
    assertThat(read).isBetween(1, 20_000 - 1);
  }

  private static void assertRefused(byte[] file) {
    assertThatExceptionOfType(InvalidProofException.class).isThrownBy(() -> TlogProof.parse(file));
  }
}
