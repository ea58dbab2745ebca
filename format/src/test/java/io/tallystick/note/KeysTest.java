package io.tallystick.note;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tallystick.tlog.Canonical;
import java.security.SecureRandom;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
  private static final String SIGNER =
      "PRIVATE+KEY+tallystick.example/vectors+14b27ac5+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  private static final String VERIFIER =
      "tallystick.example/vectors+14b27ac5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

  @Test
  void haveAKnownForm() {
    SignerKey key = SignerKey.parse(SIGNER);
    assertThat(key.privateText()).isEqualTo(SIGNER);
    assertThat(key.verifier()).hasToString(VERIFIER).isEqualTo(VerifierKey.parse(VERIFIER));
    assertThat(key.verifier().name()).isEqualTo("tallystick.example/vectors");
    assertThat(key.verifier().type()).isEqualTo(KeyType.ED25519);
  }

  @ParameterizedTest
  @EnumSource
  void areReadAsTheyAreWritten(KeyType type) {
    SignerKey key = SignerKey.generate("log.example/öffentlich", type, new SecureRandom());
    SignerKey read = SignerKey.parse(key.privateText());
    assertThat(read.privateText()).isEqualTo(key.privateText());
    assertThat(VerifierKey.parse(key.verifier().toString()))
        .isEqualTo(read.verifier())
        .hasSameHashCodeAs(key.verifier());
  }

  @Test
  void areNewEachTime() {
    SecureRandom random = new SecureRandom();
    assertThat(SignerKey.generate("log.example", KeyType.ED25519, random).verifier())
        .isNotEqualTo(SignerKey.generate("log.example", KeyType.ED25519, random).verifier());
  }

  @Test
  void haveAnotherIdForEachNameAndType() {
    String seed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    byte[] encoded = new byte[33];
    System.arraycopy(Canonical.base64(seed), 0, encoded, 1, 32);
    encoded[0] = 4;
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            SignerKey.parse(
                "PRIVATE+KEY+tallystick.example/vectors+14b27ac5+" + Canonical.base64(encoded)))
        .withMessageContaining("id");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignerKey.parse(SIGNER.replace("vectors", "vector")))
        .withMessageContaining("id");
  }

  @Test
  void doNotShowTheSecret() {
    SignerKey key = SignerKey.parse(SIGNER);
    assertThat(key).hasToString("signer key tallystick.example/vectors+14b27ac5");
  }

  @Test
  void doNotShowTheSecretWhenRefused() {
    String secret = SIGNER.substring(SIGNER.length() - 40);
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      int at = random.nextInt(SIGNER.length() - 40);
      String bad = SIGNER.substring(0, at) + (char) random.nextInt(128) + SIGNER.substring(at + 1);
      if (!bad.equals(SIGNER)) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> SignerKey.parse(bad))
            .satisfies(e -> assertThat(e).hasMessageNotContaining(secret).hasNoCause());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "PRIVATE+KEY+",
        "PRIVATE+KEY+log+14b27ac5",
        "PRIVATE+KEY+log+14b27ac5+",
        "PRIVATE+KEY+log+14b27ac5+AQ==",
        "PUBLIC+KEY+tallystick.example/vectors+14b27ac5+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
        "tallystick.example/vectors+14b27ac5+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
        "PRIVATE+KEY+tallystick.example/vectors+14B27AC5+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
        "PRIVATE+KEY+tallystick.example/vectors+14b27ac6+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
        "PRIVATE+KEY+tallystick.example/vectors+14b27ac5+AgABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
        "PRIVATE+KEY+tallystick.example/vectors+14b27ac5+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n",
        " PRIVATE+KEY+tallystick.example/vectors+14b27ac5+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
      })
  void refuseOtherSignerKeys(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> SignerKey.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "log",
        "log+14b27ac5",
        "log+14b27ac5+",
        "+14b27ac5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "tallystick.example/vector+14b27ac5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "tallystick.example/vectors+14b27ac6+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "tallystick.example/vectors+14B27AC5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "tallystick.example/vectors+4b27ac5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "tallystick.example/vectors+14b27ac5+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "tallystick.example/vectors+14b27ac5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n",
        "tallystick.example/vectors+14b27ac5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTE="
      })
  void refuseOtherVerifierKeys(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> VerifierKey.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "a b",
        "a+b",
        "a\nb",
        "a\tb",
        "a\u0000",
        "a\u00a0b",
        "a\u2003b",
        "a\u3000",
        "a\u0085",
        "a\u2028",
        "\ud800"
      })
  void refuseNamesThatALineCannotHold(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignerKey.generate(name, KeyType.ED25519, new SecureRandom()));
  }

  @Test
  void haveNamesOfAtMost255Bytes() {
    SecureRandom random = new SecureRandom();
    assertThat(SignerKey.generate("n".repeat(255), KeyType.ED25519, random).verifier().name())
        .hasSize(255);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignerKey.generate("ö".repeat(128), KeyType.ED25519, random));
  }
}
