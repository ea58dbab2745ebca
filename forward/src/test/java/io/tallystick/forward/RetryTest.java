package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryTest {
  @Test
  void theWaitDoublesUpToHalfAMinuteAndBeginsAnewAfterASuccess() {
    Retry retry = new Retry();
    for (long most : new long[] {500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000}) {
      assertThat(retry.next(null).toMillis()).isBetween(most / 2, most);
    }
    retry.reset();
    assertThat(retry.next(null).toMillis()).isBetween(250L, 500L);
  }

  @Test
  void whatAReceiverAsksForCountsIfItIsLongerAndAtMostAnHour() {
    Retry retry = new Retry();
    assertThat(retry.next(Duration.ofSeconds(5))).isEqualTo(Duration.ofSeconds(5));
    assertThat(retry.next(Duration.ofDays(1))).isEqualTo(Duration.ofHours(1));
    assertThat(retry.next(Duration.ofMillis(1)).toMillis()).isBetween(1_000L, 2_000L);
    assertThat(retry.next(Duration.ofSeconds(-9)).toMillis()).isBetween(2_000L, 4_000L);
  }
}
