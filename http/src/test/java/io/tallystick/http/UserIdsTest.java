package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.service.access.Permission;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users are called as in the systems that they come from, also in a path. */
class UserIdsTest {
  private static final List<String> IDS =
      List.of(
          "7",
          "auth0|5f7c",
          "arn:aws:iam::123456789012:user/alice",
          "CORP\\\\alice",
          "100%",
          "a b+c",
          "a;b?c#d",
          "Zo\u00eb",
          "../../keys");

  @TempDir Path data;

  @Test
  void entriesAreFoundByEveryIdOfAUserAndNoPathByAnother() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String writer = server.key(Permission.AUDIT_APPEND);
      String reader = server.key(Permission.ADMIN_AUDIT);
      for (String id : IDS) {
        String by = "{\"event_type\":\"a.b\",\"actor_id\":\"%s\"}".formatted(id);
        assertThat(server.append(writer, by).statusCode()).isEqualTo(201);
      }
      server.append(writer, "{\"event_type\":\"a.b\",\"actor_id\":7}");
      for (String json : IDS) {
        String id = json.replace("\\\\", "\\");
        String segment = URLEncoder.encode(id, UTF_8).replace("+", "%20");
        JsonNode page = server.json("/api/audit/user/" + segment, reader);
        assertThat(page.get("total").asLong()).as(id).isEqualTo(id.equals("7") ? 2 : 1);
        assertThat(page.at("/entries/0/actor_id").asText()).isEqualTo(id);
      }

      for (String path :
          List.of(
              "/api%2Faudit",
              "/api/audit/keys%2Fx",
              "/api/audit/keys/%5cx",
              "/api/audit/holds/%25",
              "/api/audit/user%2F7",
              "/api/audit/user/%2e%2e",
              "/healthz%2f")) {
        String answer =
            Wire.exchange(
                server,
                "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: %s\r\nConnection: close\r\n\r\n"
                    .formatted(path, reader));
        assertThat(answer).as(path).startsWith("HTTP/1.1 400 ");
      }
      String beside =
          Wire.exchange(
              server,
              "GET /api/audit/user/.. HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: %s\r\n"
                      .formatted(reader)
                  + "Connection: close\r\n\r\n");
      assertThat(beside).doesNotContain("\"event_type\":\"a.b\"");
    }
  }
}
