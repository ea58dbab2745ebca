package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.http.AuditServer;
import io.tallystick.http.ServerConfig;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against a server with a key that sees one tenant, and the making of such keys. */
class LimitedKeyTest {
  @TempDir Path data;

  private AuditLog log;
  private AuditIndex index;
  private AuditServer server;
  private String viewer = "";
  private long own;

  @BeforeEach
  void start() throws Exception {
    log = AuditLog.open(data.resolve("log"), LogConfig.defaults());
    index = AuditIndex.open(log.reader(), log.reader().directory().index());
    AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
    server = AuditServer.start(log, index, keys, ServerConfig.builder().port(0).build());
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      for (String tenant : List.of("globex", "acme")) {
        events.add(
            Event.builder(tenant + ".done")
                .text(EntryField.TENANT, tenant)
                .actorUsername(tenant + "-ann")
                .build());
      }
    }
    own = log.append(events, "app").get().lastId();
    viewer =
        run("keys", "create", "viewer", "--permission", "admin.audit", "--only", "tenant=acme")
            .out()
            .strip();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    index.close();
    log.close();
  }

  private InProcess.Result run(String... arguments) throws Exception {
    return as(Files.readString(data.resolve("log/admin.key")).strip(), arguments);
  }

  private InProcess.Result as(String key, String... arguments) {
    return InProcess.run(
        Map.of("TALLY_URL", "http://127.0.0.1:" + server.port(), "TALLY_API_KEY", key),
        "",
        arguments);
  }

  @Test
  void commandsShowOwnEntriesAlone() {
    for (String command : List.of("list", "stats", "types", "export", "user acme-ann")) {
      InProcess.Result result = as(viewer, command.split(" ", -1));
      assertThat(result.code()).as(command + result.err()).isZero();
      assertThat(result.out() + result.err()).as(command).doesNotContain("globex");
    }
    assertThat(as(viewer, "stats", "--format", "csv").out())
        .contains("total_entries,5", "by_type acme.done,5")
        .doesNotContain("sealed_through", "indexed_through");
    assertThat(as(viewer, "verify").out())
        .isEqualTo("valid: the whole log; the key sees a part of it, and is told no more\n");
    assertThat(as(viewer, "verify", "--format", "json").out().strip())
        .isEqualTo("{\"valid\":true}");
    assertThat(as(viewer, "prove", Long.toString(own)).code()).isZero();
    assertThat(as(viewer, "prove", Long.toString(own - 1)).err())
        .contains("There is no entry with this id, or it is not sealed.");
    assertThat(as(viewer, "verify", "--start-id", "1").err())
        .contains("start_id must be left out with a key that sees a part of the log");
    InProcess.Result refused = as(viewer, "checkpoint", "list");
    assertThat(refused.code()).isEqualTo(4);
    assertThat(refused.err()).contains("the key sees only a part of it");
  }

  @Test
  void limitsAreGivenAsFieldsWithValuesAndListed() throws Exception {
    assertThat(
            run(
                    "keys",
                    "create",
                    "two",
                    "--permission",
                    "admin.audit,audit.append",
                    "--only",
                    "tenant=b=c,tenant=a",
                    "--only",
                    "source=two",
                    "--stamp",
                    "tenant=a")
                .code())
        .isZero();
    assertThat(run("keys", "list", "--format", "csv").out())
        .contains("source=two tenant=a tenant=b=c,tenant=a,");
    assertThat(run("keys", "create", "x", "--permission", "admin.audit", "--only", "acme").err())
        .contains("--only must be FIELD=VALUE, like tenant=acme, but was \"acme\"");
    InProcess.Result unknown =
        run("keys", "create", "x", "--permission", "admin.audit", "--only", "actor_id=7");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("only must name tenant or source, but named \"actor_id\"");
    assertThat(
            run(
                    "keys",
                    "create",
                    "x",
                    "--permission",
                    "audit.append",
                    "--stamp",
                    "tenant=a,tenant=b")
                .err())
        .contains("--stamp gives tenant twice; give it once");
  }
}
