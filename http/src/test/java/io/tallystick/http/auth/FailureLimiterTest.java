package io.tallystick.http.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FailureLimiterTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final FailureLimiter limiter = new FailureLimiter(2, Duration.ofSeconds(10), nanos::get);

  private boolean limited(String address) {
    return junk(address).limited();
  }

  private FailureLimiter.Verdict junk(String address) {
    return limiter.failed(InetAddress.ofLiteral(address), null);
  }

  @Test
  void theFirstFewInAWindowAreNotLimited() {
    assertThat(limited("192.0.2.1")).isFalse();
    assertThat(limited("192.0.2.1")).isFalse();
    assertThat(limited("192.0.2.1")).isTrue();
    assertThat(limited("192.0.2.2")).isFalse();
    nanos.addAndGet(Duration.ofSeconds(9).toNanos());
    assertThat(junk("192.0.2.1").retryAfter()).isEqualTo(Duration.ofSeconds(1));
    assertThat(limiter.ended()).isEmpty();
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(limiter.ended()).containsExactly(flood("192.0.2.1", 1, 4, 0, 2));
    assertThat(limited("192.0.2.1")).isFalse();
  }

  @Test
  void anIpv6NetworkIsOneAddress() {
    assertThat(limited("2001:db8::1")).isFalse();
    assertThat(limited("2001:db8::2")).isFalse();
    assertThat(limited("2001:db8::ffff:0:0:3")).isTrue();
    assertThat(limited("2001:db8:0:1::1")).isFalse();
    assertThat(limiter.endAll()).containsExactly(flood("2001:db8::", 1, 3, 0, 1));
  }

  /** A flood in which no more keys were involved than are named here. */
  private static FailureLimiter.Flood flood(
      @Nullable String network,
      int addresses,
      int failures,
      int knownKeys,
      int unlogged,
      String... keys) {
    InetAddress from = network == null ? null : InetAddress.ofLiteral(network);
    return new FailureLimiter.Flood(
        from, addresses, failures, knownKeys, unlogged, List.of(keys), 0);
  }

  @Test
  void junkDoesNotHideWhatBecomesOfAKey() {
    InetAddress from = InetAddress.ofLiteral("192.0.2.1");
    for (int i = 0; i < 100; i++) {
      assertThat(junk("192.0.2.1").logged()).isEqualTo(i < 2);
    }
    assertThat(limiter.failed(from, "k1"))
        .isEqualTo(new FailureLimiter.Verdict(true, true, Duration.ofSeconds(10)));
    assertThat(limiter.failed(from, "k2").logged()).isTrue();
    assertThat(limiter.failed(from, "k3").logged()).isFalse();
    assertThat(limiter.endAll())
        .containsExactly(flood("192.0.2.1", 1, 103, 3, 99, "k1", "k2", "k3"));
  }

  @Test
  void aFloodNamesTenKeysAndCountsTheOthers() {
    for (int i = 0; i < 500; i++) {
      limiter.failed(InetAddress.ofLiteral("192.0.2.1"), "k" + i % 40);
    }
    FailureLimiter.Flood flood = limiter.endAll().getFirst();
    assertThat(flood.keys()).hasSize(10).startsWith("k0", "k1").endsWith("k9");
    assertThat(flood.moreKeys()).isEqualTo(30);
    assertThat(flood.knownKeys()).isEqualTo(500);
  }

  /** Two are logged of one address, so twenty of all of them, and two floods. */
  @Test
  void allAddressesTogetherHaveALimitToo() {
    int logged = 0;
    for (int i = 0; i < 900; i++) {
      logged += junk("10.0." + i / 256 + "." + i % 256).logged() ? 1 : 0;
    }
    assertThat(logged).isEqualTo(20);
    assertThat(limiter.failed(InetAddress.ofLiteral("10.9.9.9"), "k").logged()).isTrue();
    for (int i = 0; i < 40; i++) {
      junk("192.0.2." + i % 4);
    }
    junk("192.0.2.3");
    junk("192.0.2.2");
    nanos.addAndGet(Duration.ofSeconds(10).toNanos());
    assertThat(limiter.ended())
        .containsExactlyInAnyOrder(
            flood("192.0.2.3", 1, 11, 0, 11),
            flood("192.0.2.2", 1, 11, 0, 11),
            flood(null, 882, 900, 0, 900));
    assertThat(junk("10.0.0.1").logged()).isTrue();
    assertThat(limiter.endAll()).isEmpty();
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
    // Twenty of all addresses were logged by then.
    assertThat(limiter.endAll())
        .containsExactly(flood(null, 3, 3, 0, 3), flood(null, 981, 982, 0, 981));
  }
}
