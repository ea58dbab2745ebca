package io.tallystick.index.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FoldedTest {
  @ParameterizedTest
  @CsvSource({
    "Alice, aLICE",
    "Straße, STRASSE",
    "ﬁle, FILE",
    "ＡＤＭＩＮ, admin",
    "José, Jose\u0301",
    "ΟΔΥΣΣΕΥΣ, οδυσσευς",
    "İstanbul, istanbul",
    "Ⅳ, iv",
    "ǅ, ǆ",
    "𐐀, 𐐨"
  })
  void namesThatDifferInCaseOrFormFoldToTheSame(String one, String other) {
    assertThat(Folded.of(one)).isEqualTo(Folded.of(other));
  }

  @ParameterizedTest
  @CsvSource({"alice, alise", "José, Jose", "a_b, a-b", "аlice, alice"})
  void otherNamesStayApart(String one, String other) {
    assertThat(Folded.of(one)).isNotEqualTo(Folded.of(other));
  }

  @Test
  void everyNormalFormAndCaseOfATextFoldsAlike() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      String text =
          random
              .ints(3, 1, 0x3000)
              .filter(c -> Character.isDefined(c) && !Character.isSurrogate((char) c))
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      String folded = Folded.of(text);
      for (Normalizer.Form form : Normalizer.Form.values()) {
        assertThat(Folded.of(Normalizer.normalize(text, form))).as(text).isEqualTo(folded);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ali*, ali, true",
    "ali, ali, false",
    "*, '', true",
    "**, *, false",
    "ali**, ali*, false",
    "ali***, ali*, true",
    "*li, *li, false",
    "a*b*, a*b, true"
  })
  void oneStarAtTheEndIsAPrefixAndTwoAreOne(String written, String text, boolean prefix) {
    TextMatch match = TextMatch.parse(written);
    assertThat(match).isEqualTo(new TextMatch(text, prefix));
    assertThat(match).hasToString(written);
  }
}
