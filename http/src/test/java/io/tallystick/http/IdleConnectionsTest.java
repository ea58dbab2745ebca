package io.tallystick.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.http.wire.ConnectionLimits;
import io.tallystick.index.AddressRange;
import io.tallystick.service.access.Permission;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Strangers who hold connections and send little or nothing, beside clients who want an answer. */
class IdleConnectionsTest {
  private static final String GET = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static final String ATTACKER = "127.0.0.1";
  private static final String CLIENT = "127.0.0.2";

  @TempDir Path data;
  private final List<Socket> sockets = new ArrayList<>();

  private static ServerConfig.Builder config(int max, int perAddress, Duration firstByte) {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(100, 1_000, 3_000, max, 100, Duration.ofMinutes(1));
    return ServerConfig.builder()
        .port(0)
        .limits(limits)
        .connections(new ConnectionLimits(perAddress, firstByte))
        .timeouts(ServerConfig.Timeouts.defaults());
  }

  @AfterEach
  void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private Socket connect(TestServer server, String from) throws IOException {
    Socket socket = new Socket();
    sockets.add(socket);
    socket.setSoTimeout(5_000);
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
    socket.connect(
        new InetSocketAddress(InetAddress.ofLiteral(ATTACKER), server.server.port()), 5_000);
    return socket;
  }

  /** Sends a request and reads the answer's head and body; whether it was 200. */
  private static boolean isServed(Socket socket) throws IOException {
    socket.getOutputStream().write(GET.getBytes(US_ASCII));
    byte[] answer = new byte[4_096];
    int length = 0;
    while (length == 0 || answer[length - 1] != '}') {
      int n = socket.getInputStream().read(answer, length, answer.length - length);
      if (n < 0) {
        return false;
      }
      length += n;
    }
    return new String(answer, 0, length, US_ASCII).startsWith("HTTP/1.1 200 ");
  }

  /** Whether the server closes or breaks the connection within this time. */
  private static boolean isClosed(Socket socket, int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void idleSocketsFromOneAddressShutNobodyOut() throws Exception {
    try (TestServer server =
        TestServer.start(data, config(50, 50, Duration.ofMinutes(1)).build())) {
      for (int i = 0; i < 80; i++) {
        connect(server, ATTACKER);
      }
      for (int i = 0; i < 10; i++) {
        assertThat(isServed(connect(server, CLIENT))).as("client %d", i).isTrue();
      }
    }
  }

  @Test
  void oneAddressHasNoMoreThanItsShare() throws Exception {
    try (TestServer server =
        TestServer.start(data, config(50, 20, Duration.ofMinutes(1)).build())) {
      Socket before = connect(server, CLIENT);
      assertThat(isServed(before)).isTrue();
      List<Socket> idle = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        idle.add(connect(server, ATTACKER));
      }
      assertThat(isClosed(idle.getLast(), 5_000)).isTrue();
      int closed = 0;
      for (Socket socket : idle) {
        closed += isClosed(socket, 20) ? 1 : 0;
      }
      assertThat(closed).isEqualTo(40);
      assertThat(isServed(before)).as("the connection of another address goes on").isTrue();
      for (Socket socket : idle) {
        socket.close();
      }
      assertThat(isServedInTheEnd(server)).as("places are given back").isTrue();
    }
  }

  private boolean isServedInTheEnd(TestServer server) throws Exception {
    for (int i = 0; i < 100; i++) {
      try {
        if (isServed(connect(server, ATTACKER))) {
          return true;
        }
      } catch (IOException e) {
        // Still at the limit.
      }
      Thread.sleep(20);
    }
    return false;
  }

  @Test
  void aTrustedProxyMayHaveMore() throws Exception {
    ServerConfig config =
        config(50, 5, Duration.ofMinutes(1))
            .trustedProxies(List.of(AddressRange.parse(ATTACKER)))
            .build();
    try (TestServer server = TestServer.start(data, config)) {
      List<Socket> proxied = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        proxied.add(connect(server, ATTACKER));
        assertThat(isServed(proxied.getLast())).isTrue();
      }
      for (Socket socket : proxied) {
        assertThat(isServed(socket)).isTrue();
      }
    }
  }

  @Test
  void theOldestIdleConnectionGivesWay() throws Exception {
    ServerConfig config = config(8, 20, Duration.ofMinutes(1)).build();
    try (TestServer server = TestServer.start(data, config)) {
      Socket busy = connect(server, CLIENT);
      String key = server.key(Permission.AUDIT_APPEND);
      String post =
          "POST /api/audit/events HTTP/1.1\r\nHost: x\r\nX-API-Key: "
              + key
              + "\r\nContent-Type: application/json\r\nContent-Length: 28\r\n"
              + "Expect: 100-continue\r\n\r\n";
      busy.getOutputStream().write(post.getBytes(US_ASCII));
      assertThat(new String(busy.getInputStream().readNBytes(25), US_ASCII))
          .isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      List<Socket> resting = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        resting.add(connect(server, CLIENT));
        assertThat(isServed(resting.getLast())).isTrue();
        // The server notes the end of an answer a little after the client has it.
        Thread.sleep(i == 0 ? 500 : 0);
      }
      Socket silent = connect(server, ATTACKER);
      Socket silentToo = connect(server, ATTACKER);
      assertThat(isServed(connect(server, CLIENT))).isTrue();
      assertThat(isClosed(silent, 5_000)).as("whoever sent nothing goes first").isTrue();
      assertThat(isServed(connect(server, CLIENT))).isTrue();
      assertThat(isClosed(silentToo, 5_000)).isTrue();
      assertThat(isServed(connect(server, CLIENT))).isTrue();
      assertThat(isClosed(resting.getFirst(), 5_000)).as("then whoever rests longest").isTrue();
      for (Socket socket : resting.subList(1, resting.size())) {
        assertThat(isServed(socket)).isTrue();
      }
      busy.getOutputStream().write("{\"event_type\":\"auth.logout\"}".getBytes(US_ASCII));
      assertThat(new String(busy.getInputStream().readNBytes(12), US_ASCII))
          .as("a request under way is answered")
          .isEqualTo("HTTP/1.1 201");
    }
  }

  @Test
  void halfSentSignInsShutNobodyOut() throws Exception {
    try (TestServer server =
        TestServer.start(data, config(20, 20, Duration.ofMinutes(1)).build())) {
      for (int i = 0; i < 20; i++) {
        String half =
            "POST /api/session HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
                + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
        connect(server, ATTACKER).getOutputStream().write(half.getBytes(US_ASCII));
      }
      for (int i = 0; i < 10; i++) {
        assertThat(isServed(connect(server, CLIENT))).as("client %d", i).isTrue();
      }
    }
  }

  @Test
  void whoeverSendsNoFirstByteIsLetGo() throws Exception {
    try (TestServer server =
        TestServer.start(data, config(50, 50, Duration.ofMillis(400)).build())) {
      Socket silent = connect(server, ATTACKER);
      Socket resting = connect(server, CLIENT);
      assertThat(isServed(resting)).isTrue();
      assertThat(isClosed(silent, 5_000)).isTrue();
      assertThat(isServed(resting)).as("who has sent a request may rest").isTrue();
    }
  }

  /** Virtual threads that compute keep the one from running that reads the request. */
  @Test
  void whoeverSentItsRequestIsNotTakenForSilentByABusyServer() throws Exception {
    try (TestServer server =
        TestServer.start(data, config(50, 50, Duration.ofMillis(400)).build())) {
      assertThat(isServed(connect(server, CLIENT))).isTrue();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
      List<Thread> busy = new ArrayList<>();
      for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
        busy.add(
            Thread.startVirtualThread(() -> {
              while (System.nanoTime() < end) {
                Thread.onSpinWait();
              }
            }));
      }
      Socket client = connect(server, CLIENT);
      client.setSoTimeout(30_000);
      assertThat(isServed(client)).isTrue();
      for (Thread thread : busy) {
        thread.join();
      }
    }
  }
}
