package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server, and what an attacker sends it. After each request: nothing was written but the log's
 * own events of it, it was no failure of the server's, and the server answers the next one.
 */
abstract class HostileRequests {
  private static final Set<String> LOGS_OWN = Set.of("auth.login.failed", "audit.exported");
  static final String EVENT = "{\"event_type\":\"auth.logout\"}";
  static final String CHUNKED = "1c\r\n" + EVENT + "\r\n0\r\n\r\n";
  static final String EVENTS = "/api/audit/events";

  @TempDir Path data;
  TestServer server;

  /** May do everything, so that whatever is understood is done. */
  String key;

  final Map<String, Integer> tried = new TreeMap<>();

  @BeforeEach
  void start() throws Exception {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(100, 1 << 20, 4 << 20, 4_096, 100_000, Duration.ofHours(1));
    server = TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()));
    key = server.key("all", Permission.values());
    for (int i = 0; i < 4; i++) {
      server.append(key, EVENT);
    }
    server.get("/api/audit/checkpoints/newest", key);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    System.out.println("hostile requests: " + tried + ", nothing written, no failure");
  }

  String request(String method, String target, String headers, String body) {
    return method
        + " "
        + target
        + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
        + key
        + "\r\n"
        + headers
        + "\r\n"
        + body;
  }

  String post(String headers, String body) {
    return request("POST", EVENTS, "Content-Type: application/json\r\n" + headers, body);
  }

  /** An append that would be done, were it not inside of something else. */
  String smuggled() {
    return post("Content-Length: " + EVENT.length() + "\r\n", EVENT);
  }

  /** Sends it, and returns the statuses of what is answered. */
  List<Integer> send(String kind, String text) throws Exception {
    String name = text.replace(key, "KEY");
    name = name.substring(0, Math.min(300, name.length()));
    long lastId = server.log.lastId();
    String answer = Wire.exchangeToTheEnd(server, text);
    List<Integer> statuses = Wire.statuses(answer);
    tried.merge(kind, 1, Integer::sum);
    assertThat(statuses).as(name).allMatch(status -> status < 500 || status == 505);
    assertThat(answer).as(name).doesNotContainIgnoringCase("exception", "jetty", "\tat ");
    assertThat(server.typesFrom(lastId + 1))
        .as(name)
        .allMatch(type -> LOGS_OWN.contains(type) || type.startsWith("security."));
    assertThat(alive()).as(name).containsExactly(200);
    return statuses;
  }

  /** Asks on a connection of its own, as any other client would. */
  private List<Integer> alive() throws Exception {
    return Wire.statuses(
        Wire.exchangeToTheEnd(server, request("GET", "/healthz", "Connection: close\r\n", "")));
  }
}
