package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.index.AuditIndex;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that was told not to index all of the details says so, rather than find nothing. */
class IndexedDetailsTest {
  @TempDir Path data;

  private List<Integer> statuses(IndexedDetails level, String filter, String reason)
      throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults());
        AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index(), level);
        HttpClient client = HttpClient.newHttpClient()) {
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      try (AuditServer server =
          AuditServer.start(log, index, keys, ServerConfig.builder().port(0).build())) {
        String key =
            new KeyAdministration(log, keys)
                .create(
                    level + filter.substring(0, 1),
                    EnumSet.allOf(Permission.class),
                    null,
                    Actor.SERVER)
                .text();
        return List.of("", "/security", "/export", "/live").stream()
            .map(path -> {
              URI uri =
                  URI.create(
                      "http://127.0.0.1:" + server.port() + "/api/audit" + path + "?" + filter);
              HttpResponse<String> answer = send(client, uri, key);
              assertThat(answer.body()).as("%s", uri).contains(reason);
              return answer.statusCode();
            })
            .toList();
      }
    }
  }

  private static HttpResponse<String> send(HttpClient client, URI uri, String key) {
    try {
      return client.send(
          HttpRequest.newBuilder(uri).header("X-API-Key", key).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aQueryThatTheIndexCantAnswerIsRefused() throws Exception {
    assertThat(statuses(IndexedDetails.NONE, "details.status=200", "--index-details none"))
        .containsOnly(422);
    assertThat(statuses(IndexedDetails.VALUES, "q=word", "start it with --index-details text"))
        .containsOnly(422);
  }
}
