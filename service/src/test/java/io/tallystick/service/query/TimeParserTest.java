package io.tallystick.service.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.service.InvalidParameterException;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeParserTest {
  private final TimeParser times = new TimeParser(Instant.parse("2026-11-27T14:30:00.5Z"));

  @ParameterizedTest
  @CsvSource({
    "2015-12-10, 2015-12-10T00:00:00Z, 2015-12-11T00:00:00Z",
    "2024-12-31, 2024-12-31T00:00:00Z, 2025-01-01T00:00:00Z",
    "today, 2026-11-27T00:00:00Z, 2026-11-28T00:00:00Z",
    "Yesterday, 2026-11-26T00:00:00Z, 2026-11-27T00:00:00Z",
    "90m, 2026-11-27T13:00:00.5Z, 2026-11-27T13:00:00.500000001Z",
    "1h, 2026-11-27T13:30:00.5Z, 2026-11-27T13:30:00.500000001Z",
    "7d, 2026-11-20T14:30:00.5Z, 2026-11-20T14:30:00.500000001Z",
    "2015-12-10T06:55, 2015-12-10T06:55:00Z, 2015-12-10T06:55:00.000000001Z",
    "2015-12-10T06:55:46, 2015-12-10T06:55:46Z, 2015-12-10T06:55:46.000000001Z",
    "2015-12-10T06:55:46.123456, 2015-12-10T06:55:46.123456Z, 2015-12-10T06:55:46.123456001Z",
    "2015-12-10T06:55:46Z, 2015-12-10T06:55:46Z, 2015-12-10T06:55:46.000000001Z",
    "2015-12-10t06:55:46z, 2015-12-10T06:55:46Z, 2015-12-10T06:55:46.000000001Z",
    "2015-12-10T06:55:46.000000001Z, 2015-12-10T06:55:46.000000001Z, 2015-12-10T06:55:46.000000002Z",
    "2015-12-10T06:55:46+02:00, 2015-12-10T04:55:46Z, 2015-12-10T04:55:46.000000001Z",
    "2015-12-10t06:55:46-02:00, 2015-12-10T08:55:46Z, 2015-12-10T08:55:46.000000001Z",
    "2026-11-23 23:08:22.042, 2026-11-23T23:08:22.042Z, 2026-11-23T23:08:22.043Z",
    "2026-11-23 23:08:22.123456789, 2026-11-23T23:08:22.123456789Z, 2026-11-23T23:08:22.123456790Z",
    "2026-11-23 23:08:22, 2026-11-23T23:08:22Z, 2026-11-23T23:08:23Z",
    "2026-11-23 23:08, 2026-11-23T23:08:00Z, 2026-11-23T23:09:00Z"
  })
  void aTimeMeansFromItsFirstInstantToItsLast(String text, Instant first, Instant after) {
    assertThat(times.start("since", text)).isEqualTo(first);
    assertThat(times.end("until", text)).isEqualTo(after);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tomorrow",
        "now",
        "0h",
        "-1h",
        "1w",
        "100000d",
        "2015-13-01",
        "2015-02-30",
        "2015-02-30 06:55",
        "2015-12-10  06:55",
        "20151210",
        "1449730546",
        "2015-12-10T25:00",
        "2015-12-10T06:55:46 01:00",
        "2015-12-10 06:55:46 01:00",
        "T",
        "-",
        "\u0661h",
        "+999999999-12-31",
        "+1000000000-01-01T00:00:00Z"
      })
  void otherTextIsRefusedWithWhatIsAllowed(String text) {
    assertThatThrownBy(() -> times.end("until", text))
        .isInstanceOf(InvalidParameterException.class)
        .hasMessageStartingWith("until must be a date (2026-11-23, today, yesterday), a time (")
        .hasMessageContaining("but was \"");
  }
}
