package io.tallystick.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.Limit;
import io.tallystick.service.witness.WitnessFeeder;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private final Locale locale = Locale.getDefault();

  @AfterEach
  void putBack() {
    Locale.setDefault(locale);
  }

  @Test
  void figuresAreTheSameInEveryLanguage() {
    Locale.setDefault(Locale.forLanguageTag("fa"));
    Metrics metrics = new Metrics();
    metrics.answered(200, Duration.ofMillis(3));
    metrics.refused(422);
    assertThat(metrics.text(7, 7, true, 1, new WitnessFeeder.Figures(0, 0, 0, 0), List.of()))
        .contains("tallystick_http_requests_total{status=\"200\"} 1\n")
        .contains("tallystick_refused_appends_total{status=\"422\"} 1\n")
        .contains("_bucket{le=\"0.005\"} 1\n")
        .contains("_seconds_sum 0.003000\n")
        .contains("_seconds_count 1\n")
        .containsPattern("^[\\x00-\\x7f]*$");
  }

  @Test
  void theNameOfAKeyEndsNoLabel() {
    Metrics metrics = new Metrics();
    metrics.limited("a\"b\\c", Limit.LIVE_STREAMS);
    metrics.limited("a\"b\\c", Limit.LIVE_STREAMS);
    assertThat(metrics.text(7, 7, true, 1, new WitnessFeeder.Figures(0, 0, 0, 0), List.of()))
        .contains(
            "tallystick_limited_requests_total{limit=\"live_streams\",key=\"a\\\"b\\\\c\"} 2\n");
  }
}
