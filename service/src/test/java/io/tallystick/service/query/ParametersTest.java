package io.tallystick.service.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.service.InvalidParameterException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  @ParameterizedTest
  @CsvSource({
    "2015-12-10, 2015-12-10T00:00:00Z, 2015-12-11T00:00:00Z",
    "2024-12-31, 2024-12-31T00:00:00Z, 2025-01-01T00:00:00Z",
    "2015-12-10T06:55, 2015-12-10T06:55:00Z, 2015-12-10T06:55:00.000000001Z",
    "2015-12-10T06:55:46, 2015-12-10T06:55:46Z, 2015-12-10T06:55:46.000000001Z",
    "2015-12-10T06:55:46.123456, 2015-12-10T06:55:46.123456Z, 2015-12-10T06:55:46.123456001Z",
    "2015-12-10T06:55:46Z, 2015-12-10T06:55:46Z, 2015-12-10T06:55:46.000000001Z",
    "2015-12-10T06:55:46.000000001Z, 2015-12-10T06:55:46.000000001Z, 2015-12-10T06:55:46.000000002Z",
    "2015-12-10T06:55:46+02:00, 2015-12-10T04:55:46Z, 2015-12-10T04:55:46.000000001Z",
    "2015-12-10T06:55:46-02:00, 2015-12-10T08:55:46Z, 2015-12-10T08:55:46.000000001Z"
  })
  void timesAreDatesLocalOrWithAnOffset(String text, Instant since, Instant until) {
    Parameters given = Parameters.of(Map.of("t", List.of(text)));
    assertThat(given.since("t")).isEqualTo(since);
    assertThat(given.until("t")).isEqualTo(until);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "yesterday",
        "2015-13-01",
        "2015-02-30",
        "2015-12-10 06:55",
        "20151210",
        "1449730546",
        "2015-12-10T25:00",
        "2015-12-10T06:55:46 01:00",
        "T",
        "-",
        "+999999999-12-31",
        "+1000000000-01-01T00:00:00Z"
      })
  void otherTimesAreRefused(String text) {
    Parameters given = Parameters.of(Map.of("until", List.of(text)));
    assertThatThrownBy(() -> given.until("until"))
        .isInstanceOf(InvalidParameterException.class)
        .hasMessageContaining("must be a date like 2024-12-31");
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
  void onlyWhatIsListedIsTaken() {
    Parameters given = Parameters.of(Map.of("limit", List.of("5")));
    assertThat(given.only(List.of("limit", "offset")).number("limit", 1, 500)).isEqualTo(5);
    assertThatThrownBy(() -> given.only(List.of("since", "until")))
        .hasMessage("unknown parameter \"limit\"; supported parameters: since, until");
  }
}
