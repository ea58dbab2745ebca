package io.tallystick.cli.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.entry.Details;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.http.AuditServer;
import io.tallystick.http.ServerConfig;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.text.TextMatch;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.answer.Verification;
import io.tallystick.service.export.ExportFormat;
import io.tallystick.service.query.CheckpointQuery;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.SourceQuery;
import io.tallystick.service.query.TypeQuery;
import io.tallystick.service.query.VerifyQuery;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server and its data directory give the same answers, which are those of the HTTP API. */
class SourceTest {
  private static final Period WIDE =
      new Period(
          Instant.parse("2020-01-01T00:00:00Z"), Instant.parse("9999-12-31T23:59:59.999999999Z"));

  @TempDir Path data;
  private AuditLog log;
  private AuditIndex index;
  private AuditServer server;
  private String key = "";
  private Source remote;
  private Source local;

  @BeforeEach
  void start() throws Exception {
    log = AuditLog.open(data, LogConfig.defaults());
    index = AuditIndex.open(log.reader(), log.reader().directory().index());
    AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
    server = AuditServer.start(log, index, keys, ServerConfig.builder().port(0).build());
    key =
        new KeyAdministration(log, keys)
            .create("all", EnumSet.allOf(Permission.class), null, Actor.SERVER)
            .text();
    log.append(
            List.of(
                Event.builder("auth.login.failed").actorUsername("=ann & ünal?").build(),
                Event.builder("door.opened")
                    .actorId(7L)
                    .details(
                        Details.parse("{\"n\":1.50,\"e\":1e5,\"s\":\"\\u00fc\\n\",\"a\":[{}]}"))
                    .build(),
                Event.builder("user.updated").targetType("user").targetId("7").build()),
            "writer")
        .get();
    log.seal().get();
    remote =
        new ServerSource(
            new ServerConnection("http://127.0.0.1:" + server.port(), key, note -> {}));
    local = new DirectorySource(data, null, () -> {});
  }

  @AfterEach
  void stop() throws Exception {
    remote.close();
    local.close();
    server.close();
    index.close();
    log.close();
  }

  private interface Request<T> {
    Answered<T> of(Source source) throws IOException, InterruptedException;
  }

  /** Both give the same value and the same JSON, which is that of the path. */
  private <T> T same(Request<T> request, @Nullable String path) throws Exception {
    Answered<T> here = request.of(local);
    Answered<T> there = request.of(remote);
    String json = new String(there.json(), StandardCharsets.UTF_8);
    assertThat(new String(here.json(), StandardCharsets.UTF_8)).isEqualTo(json);
    assertThat(here.value()).isEqualTo(there.value());
    assertThat(AnswerJson.bytes(there.value())).isEqualTo(there.json());
    if (path != null) {
      assertThat(json).isEqualTo(get(path));
    }
    return there.value();
  }

  private String get(String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
      return client
          .send(
              HttpRequest.newBuilder(uri).header("X-API-Key", key).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void answersAreTheSameOfBoth() throws Exception {
    AuditQuery all = AuditQuery.builder().build();
    EntryPage page = same(source -> source.entries(all), "/api/audit");
    assertThat(page.entries()).extracting(EntryView::eventType).contains("door.opened");
    assertThat(page.entries().get(1).details())
        .hasToString("{\"n\":1.50,\"e\":1e5,\"s\":\"ü\\n\",\"a\":[{}]}");
    same(
        source ->
            source.entries(
                AuditQuery.builder()
                    .eventTypes(List.of("auth.*", "door.opened"))
                    .text(EntryField.ACTOR_USERNAME, "=ann & ünal?")
                    .security(true)
                    .since(WIDE.since())
                    .until(WIDE.until())
                    .afterId(1L)
                    .beforeId(100L)
                    .ascending(true)
                    .limit(1)
                    .build()),
        "/api/audit?event_type=auth.*&event_type=door.opened&security=true&limit=1&order=asc");
    EntryPage user =
        same(
            source -> source.entries(AuditQuery.builder().userId("7").limit(1).offset(1).build()),
            "/api/audit/user/7?limit=1&offset=1");
    assertThat(user.total()).isEqualTo(2);
    same(source -> source.types(new TypeQuery(null, 500)), "/api/audit/types");
    same(
        source -> source.types(new TypeQuery("api_key.created", 1)),
        "/api/audit/types?after=api_key.created&limit=1");
    same(source -> source.statistics(WIDE), "/api/audit/stats?since=2020-01-01");
    same(
        source -> source.sources(new SourceQuery("writer", WIDE)),
        "/api/audit/sources?source=writer&since=2020-01-01");
    same(Source::log, "/api/audit/log");
    // The time of the last use is written to the directory later.
    assertThat(remote.listKeys().value().keys())
        .extracting(KeyInfo::id)
        .isEqualTo(local.listKeys().value().keys().stream().map(KeyInfo::id).toList());
    same(Source::listHolds, "/api/audit/holds");
    local.newestCheckpoint();
    same(
        source -> source.checkpoints(new CheckpointQuery(Period.ALL, null, 50)),
        "/api/audit/checkpoints");
  }

  @Test
  void theEndOfAPeriodIsTheSameOfBoth() throws Exception {
    EntryPage page = local.entries(AuditQuery.builder().build()).value();
    Instant second = page.entries().get(1).timestamp();
    for (Instant until : List.of(second, second.plusNanos(1))) {
      same(source -> source.entries(AuditQuery.builder().until(until).build()), null);
    }
    assertThat(remote.entries(AuditQuery.builder().until(second).build()).value().total())
        .isEqualTo(page.total() - 2);
  }

  @Test
  void bytesAndExportsAreTheSameOfBoth() throws Exception {
    long id = log.lastId();
    assertThat(remote.entryBytes(id)).isEqualTo(local.entryBytes(id));
    assertThat(remote.proof(1)).isEqualTo(local.proof(1));
    assertThat(remote.newestCheckpoint()).isEqualTo(local.newestCheckpoint());
    AuditQuery details =
        AuditQuery.builder()
            .detail("s", TextMatch.parse("\u00dc*"))
            .detail("n", TextMatch.exactly("1.50"))
            .words("1e5")
            .build();
    assertThat(same(source -> source.entries(details), null).total()).isEqualTo(1);
    AuditQuery hostile =
        AuditQuery.builder().detail("a&q=b=*\n\u00fc", TextMatch.parse("x&y**")).build();
    assertThat(same(source -> source.entries(hostile), null).total()).isZero();
    AuditQuery query = AuditQuery.builder().eventTypes(List.of("door.*")).ascending(true).build();
    for (ExportFormat format : ExportFormat.values()) {
      ByteArrayOutputStream here = new ByteArrayOutputStream();
      ByteArrayOutputStream there = new ByteArrayOutputStream();
      local.export(query, format, false, here);
      remote.export(query, format, false, there);
      assertThat(here.size()).as(format.toString()).isPositive();
      if (format != ExportFormat.BUNDLE) {
        // Each export adds an entry, so the checkpoint of the next bundle differs.
        assertThat(there.toByteArray()).isEqualTo(here.toByteArray());
      }
    }
    for (Source source : List.of(local, remote)) {
      assertThatThrownBy(() -> source.entryBytes(1_000)).isInstanceOf(Failure.class);
      assertThatThrownBy(() -> source.proof(1_000)).isInstanceOf(Failure.class);
    }
  }

  @Test
  void aVerificationFindsTheSame() throws Exception {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    Terminal terminal = new Terminal(nowhere, nowhere, Map.of());
    Trust none = new Trust(List.of(), null, List.of());
    VerifyQuery query = new VerifyQuery(1L, 2L, true, false);
    Verification here = local.verify(query, none, terminal.progressBar("verifying")).value();
    Verification there = remote.verify(query, none, terminal.progressBar("verifying")).value();
    assertThat(there.valid()).isTrue();
    assertThat(there.entriesChecked()).isEqualTo(here.entriesChecked()).isEqualTo(2);
    assertThat(there.mode()).isEqualTo("full");
  }

  @Test
  void anAnswerWithMoreFieldsIsReadAndOneWithFewerIsNot() throws Exception {
    byte[] newer = "{\"keys\":[],\"colour\":\"green\"}".getBytes(StandardCharsets.UTF_8);
    Answered<KeyInfo.KeyList> read = Answered.read(newer, KeyInfo.KeyList.class);
    assertThat(read.value().keys()).isEmpty();
    assertThat(read.json()).isSameAs(newer);
    for (String wrong : List.of("{}", "{\"keys\":1}", "{\"keys\":[{\"id\":\"a\"}]}", "[]", "")) {
      assertThatThrownBy(
              () -> Answered.read(wrong.getBytes(StandardCharsets.UTF_8), KeyInfo.KeyList.class))
          .as(wrong)
          .isInstanceOf(IOException.class);
    }
  }
}
