package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes over a connection that no proper client would send. */
class ConnectionsTest {
  @TempDir Path data;

  /** A server that waits so long for a client that rests, and for the whole of a request. */
  private TestServer start(Duration idle, Duration body) throws Exception {
    return TestServer.start(
        data, TestServer.config(TestServer.LIMITS, TestServer.patience(idle, body)));
  }

  private static String post(String key, String headers) {
    return "POST /api/audit/events HTTP/1.1\r\nHost: x\r\nX-API-Key: "
        + key
        + "\r\nContent-Type: application/json\r\n"
        + headers
        + "\r\n";
  }

  private static String signIn(int length) {
    return "POST /api/session HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Length: "
        + length
        + "\r\nContent-Type: application/json\r\n";
  }

  @Test
  void malformedRequestsAreAnsweredWithProblems() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String end = "Host: x\r\nConnection: close\r\n\r\n";
      Map<String, Integer> requests =
          Map.ofEntries(
              Map.entry("nonsense\r\n\r\n", 400),
              Map.entry("GET\r\n\r\n", 400),
              Map.entry("GET / HTTP/9.9\r\n" + end, 505),
              Map.entry("GET /api/audit HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
              Map.entry("GET /api/audit HTTP/1.1\r\nHost: a\r\n" + end, 400),
              Map.entry("GET /api/%2e%2e/audit HTTP/1.1\r\n" + end, 400),
              Map.entry("GET /api/..;/audit HTTP/1.1\r\n" + end, 400),
              Map.entry("GET /api/a%00b HTTP/1.1\r\n" + end, 400),
              Map.entry("GET /api/%ff HTTP/1.1\r\n" + end, 400),
              Map.entry("GET /api/%zz HTTP/1.1\r\n" + end, 400),
              Map.entry("GET /api/nothing HTTP/1.1\r\n" + end, 404),
              Map.entry("POST / HTTP/1.1\r\nContent-Length: x\r\n" + end, 400),
              Map.entry("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + end, 400),
              Map.entry(
                  "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n" + end,
                  400),
              Map.entry("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\n" + end, 414),
              Map.entry("GET / HTTP/1.1\r\nX: " + "a".repeat(20_000) + "\r\n" + end, 431),
              Map.entry("GET / HTTP/1.1\r\nbad header\r\n" + end, 400),
              Map.entry("GET / HTTP/1.1\r\nA: b\r\n folded\r\n" + end, 400));
      for (Map.Entry<String, Integer> one : requests.entrySet()) {
        String name = one.getKey().substring(0, Math.min(60, one.getKey().length()));
        String answer = Wire.exchange(server, one.getKey());
        assertThat(answer).as(name).startsWith("HTTP/1.1 " + one.getValue() + " ");
        assertThat(answer)
            .as(name)
            .contains("Content-Type: application/problem+json", "\"status\":" + one.getValue())
            .doesNotContainIgnoringCase("<html", "jetty", "exception", "\tat ", "Server:");
      }
    }
  }

  @Test
  void bodiesThatNeedNoKeyKeepNoAppendOut() throws Exception {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(100, 1 << 20, 3 << 20, 4_096, 10, Duration.ofMinutes(1));
    List<Socket> halves = new ArrayList<>();
    try (TestServer server =
        TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()))) {
      String key = server.key(Permission.AUDIT_APPEND);
      for (int i = 0; i < 200; i++) {
        Socket socket = Wire.connect(server);
        halves.add(socket);
        String half = signIn(100) + "\r\n{";
        socket.getOutputStream().write(half.getBytes(StandardCharsets.US_ASCII));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(server.append(key, "{\"event_type\":\"auth.logout\"}").statusCode())
            .isEqualTo(201);
        Thread.sleep(20);
      }
      assertThat(
              Wire.exchange(
                  server, signIn(20_000) + "Connection: close\r\n\r\n" + " ".repeat(20_000)))
          .as("no key is as long")
          .startsWith("HTTP/1.1 413");
    } finally {
      for (Socket socket : halves) {
        socket.close();
      }
    }
  }

  @Test
  void aRequestThatIsCutShortWritesNothing() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      long lastId = server.log.lastId();
      for (String headers : List.of("Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n")) {
        try (Socket socket = Wire.connect(server)) {
          String body = "{\"event_type\":\"auth.logout\"}";
          String chunk = headers.startsWith("T") ? "1c\r\n" + body + "\r\n" : body;
          socket
              .getOutputStream()
              .write((post(key, headers) + chunk).getBytes(StandardCharsets.UTF_8));
          socket.shutdownOutput();
          assertThat(Wire.read(socket)).doesNotContain(" 201 ");
        }
      }
      assertThat(
              Wire.exchange(
                  server, post(key, "Transfer-Encoding: chunked\r\n") + "zz\r\n{}\r\n0\r\n\r\n"))
          .startsWith("HTTP/1.1 400")
          .contains("problem+json");
      assertThat(server.log.lastId()).isEqualTo(lastId);
    }
  }

  @Test
  void aLengthThatIsTooLargeIsRefusedBeforeTheBodyComes() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      try (Socket socket = Wire.connect(server)) {
        socket
            .getOutputStream()
            .write(post(key, "Content-Length: 8388609\r\n").getBytes(StandardCharsets.UTF_8));
        byte[] status = socket.getInputStream().readNBytes(12);
        assertThat(new String(status, StandardCharsets.UTF_8)).isEqualTo("HTTP/1.1 413");
        socket.shutdownOutput();
        assertThat(Wire.read(socket)).contains("at most 8388608 bytes");
      }
      assertThat(
              Wire.exchange(
                  server, post(key, "Content-Length: 8388609\r\nExpect: 100-continue\r\n")))
          .startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void whoeverSendsTooMuchSeesTheAnswerAndNotAReset() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      String tooLarge = post(key, "Content-Length: 9000000\r\n") + " ".repeat(9_000_000);
      String unknownKey =
          post("tally_unknown", "Content-Length: 5000000\r\n") + " ".repeat(5_000_000);
      for (int i = 0; i < 10; i++) {
        try (Socket socket = Wire.connect(server)) {
          socket.getOutputStream().write(tooLarge.getBytes(StandardCharsets.UTF_8));
          socket.getOutputStream().write(unknownKey.getBytes(StandardCharsets.UTF_8));
          socket.shutdownOutput();
          assertThat(Wire.statuses(Wire.read(socket))).containsExactly(413, 401);
        }
      }
    }
  }

  @Test
  void whoeverSendsNothingMoreIsLetGo() throws Exception {
    try (TestServer server = start(Duration.ofMillis(300), Duration.ofSeconds(60))) {
      String key = server.key(Permission.AUDIT_APPEND);
      long lastId = server.log.lastId();
      assertThat(Wire.exchange(server, "")).isEmpty();
      assertThat(Wire.exchange(server, "GET /api")).doesNotContain(" 200 ");
      assertThat(Wire.exchange(server, post(key, "Content-Length: 100\r\n") + "{"))
          .startsWith("HTTP/1.1 408")
          .contains("did not arrive in time");
      assertThat(server.log.lastId()).isEqualTo(lastId);
    }
  }

  @Test
  void whoeverSendsSlowlyIsLetGoToo() throws Exception {
    try (TestServer server = start(Duration.ofSeconds(10), Duration.ofMillis(500));
        Socket socket = Wire.connect(server)) {
      String key = server.key(Permission.AUDIT_APPEND);
      OutputStream out = socket.getOutputStream();
      out.write(post(key, "Content-Length: 1000\r\n").getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < 20 && socket.getInputStream().available() == 0; i++) {
        out.write(' ');
        out.flush();
        Thread.sleep(50);
      }
      assertThat(Wire.read(socket)).startsWith("HTTP/1.1 408");
    }
  }

  @Test
  void whoeverStopsInTheMiddleOfABodyIsLetGoSoon() throws Exception {
    try (TestServer server = start(Duration.ofSeconds(60), Duration.ofSeconds(6));
        Socket resting = Wire.connect(server);
        Socket dripping = Wire.connect(server);
        Socket steady = Wire.connect(server)) {
      String key = server.key(Permission.AUDIT_APPEND);
      String half = post(key, "Content-Length: 20000\r\n") + " ".repeat(10_000);
      long started = System.nanoTime();
      for (Socket socket : List.of(resting, dripping, steady)) {
        socket.getOutputStream().write(half.getBytes(StandardCharsets.US_ASCII));
      }
      for (int i = 0; i < 60 && dripping.getInputStream().available() == 0; i++) {
        dripping.getOutputStream().write(' ');
        steady.getOutputStream().write(" ".repeat(150).getBytes(StandardCharsets.US_ASCII));
        Thread.sleep(50);
      }
      assertThat(Wire.read(dripping)).startsWith("HTTP/1.1 408").contains("1024 bytes a second");
      assertThat(Wire.read(resting)).startsWith("HTTP/1.1 408");
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
      assertThat(steady.getInputStream().available()).as("a steady client").isZero();
    }
  }

  @Test
  void aConnectionMayRestAgainAfterItsBodyHasArrived() throws Exception {
    try (TestServer server = start(Duration.ofSeconds(20), Duration.ofSeconds(3));
        Socket socket = Wire.connect(server)) {
      String key = server.key(Permission.AUDIT_APPEND);
      String event = "{\"event_type\":\"auth.logout\"}";
      for (int i = 0; i < 2; i++) {
        String head = post(key, "Content-Length: " + event.length() + "\r\n");
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        Thread.sleep(200);
        socket.getOutputStream().write(event.getBytes(StandardCharsets.US_ASCII));
        Thread.sleep(1_500);
      }
      socket.shutdownOutput();
      assertThat(Wire.statuses(Wire.read(socket))).containsExactly(201, 201);
    }
  }

  @Test
  void whoeverSendsAHeaderSlowlyIsLetGo() throws Exception {
    try (TestServer server = start(Duration.ofSeconds(20), Duration.ofMillis(500))) {
      String good = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
      for (String before : List.of("", good)) {
        try (Socket socket = Wire.connect(server)) {
          socket.getOutputStream().write(before.getBytes(StandardCharsets.UTF_8));
          assertThat(Wire.lastsWhileDripping(socket)).isBetween(3, 100);
        }
      }
      try (Socket socket = Wire.connect(server)) {
        for (int i = 0; i < 3; i++) {
          socket.getOutputStream().write(good.getBytes(StandardCharsets.UTF_8));
          Thread.sleep(800);
        }
        socket.shutdownOutput();
        assertThat(Wire.statuses(Wire.read(socket))).containsExactly(200, 200, 200);
      }
    }
  }

  @Test
  void bodiesTogetherAreBoundedInMemory() throws Exception {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(100, 100_000, 250_000, 100, 100, Duration.ofMinutes(1));
    try (TestServer server =
        TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()))) {
      String key = server.key(Permission.AUDIT_APPEND);
      String half = post(key, "Content-Length: 100000\r\n") + " ".repeat(90_000);
      String refused = "";
      // Where the second is read before the first, the first is refused: then both try again.
      for (int i = 0; i < 100 && !refused.startsWith("HTTP/1.1 503"); i++) {
        try (Socket first = Wire.connect(server);
            Socket second = Wire.connect(server)) {
          first.getOutputStream().write(half.getBytes(StandardCharsets.UTF_8));
          Thread.sleep(20);
          second
              .getOutputStream()
              .write((half + " ".repeat(10_000)).getBytes(StandardCharsets.UTF_8));
          second.shutdownOutput();
          refused = Wire.read(second);
        }
      }
      assertThat(refused).startsWith("HTTP/1.1 503").contains("Retry-After: 1");
      for (int i = 0; i < 200; i++) {
        if (server.append(key, "{\"event_type\":\"auth.logout\"}").statusCode() == 201) {
          return;
        }
        Thread.sleep(20);
      }
      throw new AssertionError("the memory of a closed request was not given back");
    }
  }

  @Test
  void connectionsAreBounded() throws Exception {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(100, 1_000, 3_000, 2, 100, Duration.ofMinutes(1));
    try (TestServer server =
            TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()));
        Socket one = Wire.connect(server);
        Socket two = Wire.connect(server)) {
      byte[] request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8);
      for (Socket socket : List.of(one, two)) {
        socket.getOutputStream().write(request);
        assertThat(socket.getInputStream().read()).isEqualTo('H');
      }
      try (Socket three = Wire.connect(server)) {
        three.setSoTimeout(500);
        three.getOutputStream().write(request);
        String answer;
        try {
          answer = Wire.read(three);
        } catch (IOException e) {
          answer = "";
        }
        assertThat(answer).isEmpty();
      }
    }
  }
}
