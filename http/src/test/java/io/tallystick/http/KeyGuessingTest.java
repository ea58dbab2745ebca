package io.tallystick.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Keys that an attacker guesses, near a real one and at random. */
class KeyGuessingTest extends HostileRequests {
  @Test
  void guessingKeysIsLimitedAndLoggedOnceAWindow() throws Exception {
    server.close();
    ServerConfig.Limits limits =
        new ServerConfig.Limits(100, 1 << 20, 4 << 20, 4_096, 10, Duration.ofHours(1));
    server = TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()));
    long lastId = server.log.lastId();
    String id = key.substring(6, 22);
    String secret = key.substring(23);
    List<String> guesses =
        new ArrayList<>(
            List.of(
                "x",
                "tally",
                "tally_",
                "tally_" + id,
                "tally_" + id + "_",
                secret,
                key + "0",
                key.substring(1),
                key.substring(0, key.length() - 1),
                key + "\u00a0",
                key + "," + key,
                key.toUpperCase(java.util.Locale.ROOT),
                key.replace('_', '-'),
                "Bearer " + key,
                "tally_" + id + "_" + '\u00e1' + secret.substring(1),
                "\"" + key + "\"",
                "tally_" + id + "_" + "?".repeat(64),
                "tally_" + id + "_" + "*".repeat(64),
                "tally_" + "0".repeat(16) + "_" + secret,
                "' OR 1=1 --",
                "../../admin.key",
                "null"));
    Random random = new Random(7);
    while (guesses.size() < 500) {
      StringBuilder guess = new StringBuilder("tally_" + id + "_");
      for (int i = 0; i < 64; i++) {
        guess.append("0123456789abcdef".charAt(random.nextInt(16)));
      }
      guesses.add(guess.toString());
    }
    int refused = 0;
    for (int i = 0; i < guesses.size(); i++) {
      String header = i % 3 == 0 ? "Authorization: Bearer " : "X-API-Key: ";
      String guess =
          i % 3 == 2
              ? "POST /api/session HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Type:"
                  + " application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
              : "GET /api/audit HTTP/1.1\r\nHost: x\r\n"
                  + header
                  + guesses.get(i)
                  + "\r\nConnection: close\r\n\r\n";
      String json = TestServer.JSON.writeValueAsString(Map.of("key", guesses.get(i)));
      String body = new String(json.getBytes(UTF_8), ISO_8859_1);
      List<Integer> statuses =
          Wire.statuses(Wire.exchangeToTheEnd(server, guess.formatted(body.length(), body)));
      assertThat(statuses).as(guesses.get(i)).containsExactly(i < 10 ? 401 : 429);
      refused += statuses.size();
    }
    HttpResponse<String> good = server.get("/api/audit?limit=1", key);
    assertThat(good.statusCode()).isEqualTo(200);
    tried.put("guessed keys", refused);
    server.close();
    List<String> written = server.typesFrom(lastId + 1);
    // Ten that are no key's, and ten with the id of a key and a wrong secret.
    assertThat(written).hasSize(21);
    assertThat(written.subList(0, 20)).containsOnly("auth.login.failed");
    assertThat(server.entry(lastId + 21).decode().event().eventType())
        .isEqualTo("security.rate_limited");
    assertThat(String.valueOf(server.entry(lastId + 21).decode().event().details()))
        .contains("\"count\":500,\"unlogged\":480", "\"keys\":[\"" + id + "\"]");
  }
}
