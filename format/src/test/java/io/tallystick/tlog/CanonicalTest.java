package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalTest {
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 9, 10, 1_234_067, Long.MAX_VALUE})
  void readsEveryNumberInItsOneSpelling(long number) {
    assertThat(Canonical.decimal(Long.toString(number))).isEqualTo(number);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "01",
        "+1",
        "-1",
        "-0",
        " 1",
        "1 ",
        "1\n",
        "1e3",
        "0x1",
        "1_0",
        "١",
        "１",
        "1.0",
        "9223372036854775808",
        "18446744073709551615",
        "99999999999999999999999999999999999999999999"
      })
  void refusesOtherNumbers(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Canonical.decimal(text));
  }

  @Test
  void readsBase64() {
    assertThat(Canonical.base64("")).isEmpty();
    assertThat(Canonical.base64("Zg==")).containsExactly('f');
    assertThat(Canonical.base64("Zm9vYmFy")).asString().isEqualTo("foobar");
    assertThat(Canonical.base64(Canonical.base64("+/+/"))).isEqualTo("+/+/");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Zg", "Zg=", "Zh==", "Zg==\n", " Zg==", "Zg= =", "-_-_", "Zm9=", "Z", "====", "Zg===="
      })
  void refusesOtherBase64(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Canonical.base64(text));
  }

  @Test
  void saysNothingOfBase64ThatItRefuses() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Canonical.base64("SECRETSECRET!"))
        .withMessageNotContaining("SECRET")
        .withNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"80", "c0af", "c1bf", "eda080", "f4908080", "e282", "ff", "c3"})
  void refusesWhatIsNotUtf8(String hex) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Canonical.utf8(HexFormat.of().parseHex(hex)));
  }

  @Test
  void readsUtf8() {
    assertThat(Canonical.utf8(HexFormat.of().parseHex("e28094f09f9491"))).isEqualTo("—🔑");
  }
}
