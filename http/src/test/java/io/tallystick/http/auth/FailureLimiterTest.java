package io.tallystick.http.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FailureLimiterTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final FailureLimiter limiter = new FailureLimiter(2, Duration.ofSeconds(10), nanos::get);

  private boolean limited(String address) {
    return limiter.failed(InetAddress.ofLiteral(address)).limited();
  }

  @Test
  void theFirstFewInAWindowAreNotLimited() {
    assertThat(limited("192.0.2.1")).isFalse();
    assertThat(limited("192.0.2.1")).isFalse();
    assertThat(limited("192.0.2.1")).isTrue();
    assertThat(limited("192.0.2.2")).isFalse();
    nanos.addAndGet(Duration.ofSeconds(9).toNanos());
    assertThat(limiter.failed(InetAddress.ofLiteral("192.0.2.1")).retryAfter())
        .isEqualTo(Duration.ofSeconds(1));
    assertThat(limiter.ended()).isEmpty();
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(limiter.ended())
        .containsExactly(new FailureLimiter.Flood(InetAddress.ofLiteral("192.0.2.1"), 4));
    assertThat(limited("192.0.2.1")).isFalse();
  }

  @Test
  void anIpv6NetworkIsOneAddress() {
    assertThat(limited("2001:db8::1")).isFalse();
    assertThat(limited("2001:db8::2")).isFalse();
    assertThat(limited("2001:db8::ffff:0:0:3")).isTrue();
    assertThat(limited("2001:db8:0:1::1")).isFalse();
    assertThat(limiter.endAll())
        .containsExactly(new FailureLimiter.Flood(InetAddress.ofLiteral("2001:db8::"), 3));
  }

  @Test
  void moreAddressesThanAreHeldShareOneCount() {
    for (int i = 0; i < FailureLimiter.MAX_ADDRESSES; i++) {
      assertThat(limited("10.0." + i / 256 + "." + i % 256)).isFalse();
    }
    assertThat(limited("192.0.2.1")).isFalse();
    assertThat(limited("192.0.2.2")).isFalse();
    assertThat(limited("192.0.2.3")).isTrue();
    assertThat(limited("10.0.0.1")).isFalse();
    assertThat(limiter.endAll()).containsExactly(new FailureLimiter.Flood(null, 3));
  }
}
