package io.tallystick.service.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Event;
import io.tallystick.http.AuditServer;
import io.tallystick.http.TestServer;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.IndexException;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.Actor;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Revocations that fail half way, and the start of a server whose keys are gone. */
class KeyAdministrationTest {
  @TempDir Path data;

  private static HttpResponse<String> revoke(TestServer server, String admin, String key)
      throws Exception {
    return server.send(server.request("/api/audit/keys/" + key.split("_", -1)[1], admin).DELETE());
  }

  @Test
  void aRevocationThatCouldNotBeSavedIsSavedAndToldByTheNextOne() throws Exception {
    String revoked;
    try (TestServer server = TestServer.start(data)) {
      String admin = server.key(Permission.ADMIN_KEYS);
      revoked = server.key(Permission.ADMIN_AUDIT);
      Files.delete(data.resolve("access.json"));
      Path inTheWay = Files.createDirectories(data.resolve("access.json/x"));
      assertThat(revoke(server, admin, revoked).statusCode()).isEqualTo(500);
      assertThat(server.get("/api/audit", revoked).statusCode()).isEqualTo(401);
      long before = server.log.lastId();
      assertThat(revoke(server, admin, revoked).statusCode()).isEqualTo(500);
      Files.delete(inTheWay);
      Files.delete(data.resolve("access.json"));
      assertThat(revoke(server, admin, revoked).statusCode()).isEqualTo(204);
      assertThat(server.typesFrom(before + 1)).containsOnlyOnce("api_key.revoked");
      assertThat(revoke(server, admin, revoked).statusCode()).as("again").isEqualTo(204);
      assertThat(server.typesFrom(before + 1)).containsOnlyOnce("api_key.revoked");
    }
    try (TestServer again = TestServer.start(data)) {
      assertThat(again.get("/api/audit", revoked).statusCode()).isEqualTo(401);
    }
  }

  @Test
  void aRevocationThatTheLogDidNotTakeIsToldByTheNextOne() throws Exception {
    AccessKeys keys;
    String id;
    AuditLog full = AuditLog.open(data, LogConfig.defaults());
    try (full) {
      keys = AccessKeys.open(full.reader().directory().access(), Clock.systemUTC());
      KeyAdministration administration = new KeyAdministration(full, keys);
      id =
          administration
              .create("a", List.of(Permission.ADMIN_AUDIT), null, Actor.SERVER)
              .key()
              .id();
    }
    assertThatThrownBy(() -> new KeyAdministration(full, keys).revoke(id, Actor.SERVER))
        .isInstanceOf(LogException.class);
    assertThat(keys.good(id)).isEmpty();
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      KeyAdministration administration = new KeyAdministration(log, keys);
      long before = log.lastId();
      assertThat(administration.revoke(id, Actor.SERVER)).isPresent();
      assertThat(administration.revoke(id, Actor.SERVER)).isEmpty();
      assertThat(types(log, before + 1)).containsExactly("api_key.revoked");
    }
  }

  /** An index that can't answer, like one that is being built. */
  private static AuditIndex unready(AuditLog log) throws Exception {
    AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index());
    index.close();
    log.append(Event.of("auth.logout")).get();
    assertThatThrownBy(() -> index.types(Scope.ALL, null, 9)).isInstanceOf(IndexException.class);
    return index;
  }

  @Test
  void aFirstStartDoesNotWaitForALargeIndex() throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      AuditServer.start(log, unready(log), keys, TestServer.CONFIG).close();
      assertThat(data.resolve("admin.key")).exists();
      assertThat(types(log, 1)).containsOnlyOnce("api_key.created");
    }
  }

  @Test
  void aStartWithoutAnIndexStillNoticesThatKeysAreLost() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      server.key(Permission.ADMIN_AUDIT);
    }
    Files.delete(data.resolve("access.json"));
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      AuditIndex index = unready(log);
      assertThatThrownBy(() -> AuditServer.start(log, index, keys, TestServer.CONFIG))
          .isNotInstanceOf(IndexException.class)
          .hasMessageContaining("access.json is missing")
          .hasMessageContaining("put it back from a backup");
      assertThat(keys.list()).isEmpty();
    }
  }

  private static List<String> types(AuditLog log, long from) throws IOException {
    List<String> types = new ArrayList<>();
    log.reader().forEach(from, log.lastId(), e -> types.add(e.decode().event().eventType()));
    return types;
  }
}
