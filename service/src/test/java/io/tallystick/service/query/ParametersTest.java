package io.tallystick.service.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.service.InvalidParameterException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
  @Test
  void aQueryIsDecodedStrictly() {
    Parameters given = Parameters.ofQuery("a=1&b=x+y%20z&a=%C3%BC&&c");
    assertThat(given.texts("a")).containsExactly("1", "ü");
    assertThat(given.text("b")).isEqualTo("x y z");
    assertThat(given.text("d")).isNull();
    assertThatThrownBy(() -> given.text("c"))
        .hasMessage("c must not be empty; give it a value or leave it out");
    assertThatThrownBy(() -> given.text("a"))
        .hasMessage("a must be given once, but was given 2 times");
    assertThat(Parameters.ofQuery(null).texts("a")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=%", "a=%4", "a=%zz", "a=%+1", "a=%ff", "a=%c0%af", "%ed%a0%80=1"})
  void whatIsNotPercentEncodedUtf8IsRefused(String query) {
    assertThatThrownBy(() -> Parameters.ofQuery(query))
        .isInstanceOf(InvalidParameterException.class)
        .hasMessageContaining("percent-encoded UTF-8");
  }

  @Test
  void aDateIncludesItsDay() {
    Parameters given =
        Parameters.of(Map.of("since", List.of("2015-12-10"), "until", List.of("2015-12-10")));
    assertThat(given.period())
        .isEqualTo(
            new Period(
                Instant.parse("2015-12-10T00:00:00Z"), Instant.parse("2015-12-11T00:00:00Z")));
    assertThat(Parameters.of(Map.of()).period()).isEqualTo(Period.ALL);
    Parameters reversed =
        Parameters.of(Map.of("since", List.of("2015-12-10"), "until", List.of("2015-12-09")));
    assertThatThrownBy(reversed::period).hasMessage("since must not be later than until");
  }

  @Test
  void anOptionIsNamedAsTheUserTypesIt() {
    InvalidParameterException invalid =
        new InvalidParameterException("start_id", "start_id must be a whole number");
    assertThat(invalid.messageNaming("--start-id")).isEqualTo("--start-id must be a whole number");
    assertThat(new InvalidParameterException("reason", "too long").messageNaming("--reason"))
        .isEqualTo("--reason: too long");
  }

  @Test
  void messagesEscapeWhatCannotBeShown() {
    Parameters given = Parameters.of(Map.of("limit", List.of("\u001b[31m\"" + "x".repeat(100))));
    assertThatThrownBy(() -> given.number("limit", 1, 500))
        .hasMessageStartingWith(
            "limit must be a whole number (between 1 and 500), but was \"\\u001b[31m\\\"xxx")
        .hasMessageEndingWith("…\"");
  }

  @Test
  void unknownParametersAreRefused() {
    Parameters given = Parameters.of(Map.of("limit", List.of("5")));
    assertThat(given.only(List.of("limit", "offset")).number("limit", 1, 500)).isEqualTo(5);
    assertThatThrownBy(() -> given.only(List.of("since", "until")))
        .hasMessage("unknown parameter \"limit\"; supported parameters: since, until");
  }
}
