package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.index.AuditIndex;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a server listens, and that one which cannot says why. */
class ListenTest {
  @TempDir Path data;
  private AuditLog log;
  private AuditIndex index;
  private AccessKeys keys;

  @BeforeEach
  void open() throws Exception {
    log = AuditLog.open(data, LogConfig.defaults());
    index = AuditIndex.open(log.reader(), log.reader().directory().index());
    keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
  }

  @AfterEach
  void close() throws Exception {
    index.close();
    log.close();
  }

  private AuditServer start(String host, int port) throws Exception {
    ServerConfig config = ServerConfig.builder().host(host).port(port).insecureHttp(true).build();
    return AuditServer.start(log, index, keys, config);
  }

  @Test
  void aPortInUseIsNamedWithWhatToDo() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      int port = socket.getLocalPort();
      assertThatThrownBy(() -> start("127.0.0.1", port))
          .isInstanceOf(ListenException.class)
          .hasMessage(
              "cannot listen on 127.0.0.1 port "
                  + port
                  + ": the port is in use; stop the program that uses it, or set --port to another");
    }
  }

  @Test
  void anAddressOfAnotherMachineIsNotTakenForAPortInUse() {
    assertThatThrownBy(() -> start("203.0.113.7", 0))
        .isInstanceOf(ListenException.class)
        .hasMessageContaining("this machine has no such address");
    assertThatThrownBy(() -> start("no-such-name.invalid", 0))
        .isInstanceOf(ListenException.class)
        .hasMessageContaining("there is no such name");
  }

  @Test
  void anIpv6AddressMayHaveBrackets() throws Exception {
    assertThat(ServerConfig.builder().host("[::1]").build().host()).isEqualTo("::1");
    Assumptions.assumeTrue(
        NetworkInterface.getByInetAddress(InetAddress.ofLiteral("::1")) != null,
        "this machine has no address ::1");
    try (AuditServer server = start("[::1]", 0)) {
      assertThat(server.port()).isPositive();
    }
  }
}
