package io.tallystick.http.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkTest {
  @ParameterizedTest
  @CsvSource({
    "2001:db8:1:2::1, 2001:db8:1:2:ffff:ffff:ffff:ffff, true",
    "2001:db8:1:2::1, 2001:db8:1:3::1, false",
    "2001:db8:1:2::1, 2001:db8:1:2::1, true",
    "fe80::1%1, fe80::2, true",
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "::ffff:192.0.2.1, 192.0.2.1, true",
    "::ffff:192.0.2.1, ::ffff:192.0.2.2, false"
  })
  void aClientIsAnIpv4AddressOrAnIpv6Slash64(String one, String other, boolean same) {
    assertThat(
            Network.of(InetAddress.ofLiteral(one)).equals(Network.of(InetAddress.ofLiteral(other))))
        .isEqualTo(same);
  }
}
