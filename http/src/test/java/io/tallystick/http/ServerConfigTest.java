package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.http.auth.ClientAddress;
import io.tallystick.http.tls.TlsFiles;
import io.tallystick.index.AddressRange;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerConfigTest {
  private static ServerConfig on(String host, boolean tls, boolean insecureHttp) {
    return ServerConfig.builder()
        .host(host)
        .port(8470)
        .tls(tls ? new TlsFiles(Path.of("cert.pem"), Path.of("key.pem")) : null)
        .insecureHttp(insecureHttp)
        .build();
  }

  @Test
  void theDefaultsAreThoseOfTheContract() {
    ServerConfig config = ServerConfig.defaults();
    assertThat(config.host()).isEqualTo("127.0.0.1");
    assertThat(config.port()).isEqualTo(8470);
    assertThat(config.tls()).isNull();
    assertThat(config.publicMetrics()).isFalse();
    assertThat(config.strictTypes()).isFalse();
    assertThat(config.trustedProxies()).isEmpty();
    assertThat(config.limits().maxEvents()).isEqualTo(10_000);
    assertThat(config.limits().maxBodyBytes()).isEqualTo(8 * 1024 * 1024);
    assertThat(config.timeouts().idle()).isEqualTo(Duration.ofSeconds(75));
    assertThat(config.limits().maxConnections()).isEqualTo(4_096);
    assertThat(config.connections().perAddress()).isEqualTo(1_024);
    assertThat(config.connections().firstByte()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.allowedHosts()).isEmpty();
    assertThat(config.hsts()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
  void loopbackNeedsNoTls(String host) {
    assertThatCode(() -> on(host, false, false)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0.0.0", "::", "192.0.2.1", "audit.example.com", "127.0.0.1.example.com"})
  void anyOtherHostNeedsTlsOrTheWord(String host) {
    assertThatThrownBy(() -> on(host, false, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(host, "--insecure-http");
    assertThatCode(() -> on(host, true, false)).doesNotThrowAnyException();
    assertThatCode(() -> on(host, false, true)).doesNotThrowAnyException();
  }

  @Test
  void valuesThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> ServerConfig.builder().port(65_536).build())
        .hasMessageContaining("65535");
    assertThatThrownBy(() -> on("", false, true)).hasMessageContaining("host");
    assertThatThrownBy(() -> new ServerConfig.Limits(0, 1, 1, 1, 1, Duration.ofSeconds(1)))
        .hasMessageContaining("maxEvents");
    assertThatThrownBy(() -> new ServerConfig.Limits(1, 2, 1, 1, 1, Duration.ofSeconds(1)))
        .hasMessageContaining("maxPendingBodyBytes");
    Duration second = Duration.ofSeconds(1);
    assertThatThrownBy(() -> new ServerConfig.Timeouts(second, second, second, Duration.ZERO))
        .hasMessageContaining("stop");
  }

  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "/, ''",
    "/audit, /audit",
    "/audit/, /audit",
    "/tools/audit-2, /tools/audit-2",
    "/a.b_c~d, /a.b_c~d",
    "/..audit, /..audit"
  })
  void aBasePathIsKeptWithoutASlashAtItsEnd(String given, String kept) {
    assertThat(ServerConfig.builder().basePath(given).build().basePath()).isEqualTo(kept);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"audit", "//audit", "/audit//", "/a b", "/%61", "/a/../b", "/.", "/a?b", "/é"})
  void anythingElseIsNoBasePath(String path) {
    assertThatThrownBy(() -> ServerConfig.builder().basePath(path).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the base path must be a path like /audit")
        .hasMessageContaining("but was \"");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.0/8, 11.0.0.1, false",
    "192.0.2.128/25, 192.0.2.200, true",
    "192.0.2.128/25, 192.0.2.127, false",
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "0.0.0.0/0, 192.0.2.2, true",
    "0.0.0.0/0, 2001:db8::1, false",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/33, 2001:db8:ffff::1, false"
  })
  void aRangeHoldsItsAddresses(String range, String address, boolean within) {
    assertThat(AddressRange.parse(range).contains(InetAddress.ofLiteral(address)))
        .isEqualTo(within);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, '', 192.0.2.1",
    "192.0.2.1, '198.51.100.1', 192.0.2.1",
    "10.0.0.1, '198.51.100.1', 198.51.100.1",
    "10.0.0.1, '203.0.113.1, 198.51.100.1', 198.51.100.1",
    "10.0.0.1, '198.51.100.1, 10.0.0.2', 198.51.100.1",
    "10.0.0.1, '10.0.0.3, 10.0.0.2', 10.0.0.3",
    "10.0.0.1, 'unknown', 10.0.0.1",
    "10.0.0.1, '198.51.100.1, x, 10.0.0.2', 10.0.0.2",
    "10.0.0.1, '2001:db8::1', 2001:db8:0:0:0:0:0:1"
  })
  void theClientIsTheNearestThatIsNoTrustedProxy(String peer, String forwarded, String client) {
    InetAddress address =
        ClientAddress.of(
            ClientAddress.parse(peer),
            List.of(forwarded),
            List.of(AddressRange.parse("10.0.0.0/8")));
    assertThat(ClientAddress.text(address)).isEqualTo(client);
  }
}
