package io.tallystick.http;

import io.javalin.Javalin;
import io.tallystick.http.api.LongRequests;
import io.tallystick.http.api.TreeApi;
import io.tallystick.http.auth.AllowedHosts;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Browsers;
import io.tallystick.http.auth.FailureLimiter;
import io.tallystick.http.auth.LimitedKeys;
import io.tallystick.http.auth.SecurityEvents;
import io.tallystick.http.auth.Sessions;
import io.tallystick.http.wire.Problems;
import io.tallystick.index.AuditIndex;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.service.query.LogView;
import io.tallystick.service.query.ProofService;
import io.tallystick.service.work.LongTasks;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import io.tallystick.tlog.Hasher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

/**
 * A log without any entry, served as every log's tree is served. The program itself never leaves
 * one: a log's first entry, {@code audit.log.created}, is written before the log is handed out. A
 * crash just before that can leave a checkpoint over nothing, and this is that data directory.
 */
public final class EmptyLogServer implements AutoCloseable {
  private final AuditLog neighbour;
  private final Javalin app;
  private final String key;

  private EmptyLogServer(AuditLog neighbour, Javalin app, String key) {
    this.neighbour = neighbour;
    this.app = app;
    this.key = key;
  }

  /** Starts it in this folder, on a free port. */
  public static EmptyLogServer start(Path directory) throws Exception {
    Path neighbour = directory.resolve("neighbour");
    AuditLog log = AuditLog.open(neighbour, LogConfig.defaults());
    Path empty = Files.createDirectories(directory.resolve("empty"));
    Files.createDirectories(empty.resolve("segments"));
    Files.copy(neighbour.resolve("log.json"), empty.resolve("log.json"));
    SignerKey signer =
        SignerKey.parse(Files.readString(neighbour.resolve("keys/checkpoint.key")).strip());
    String origin = log.reader().identity().origin();
    Checkpoint nothing = new Checkpoint(origin, 0, Hasher.EMPTY_ROOT);
    SignedNote note = SignedNote.sign(nothing.text(), List.of(signer), Instant.now());
    Files.write(empty.resolve("checkpoint"), note.toBytes());
    return new EmptyLogServer(log, serve(LogReader.open(empty), log), signer.verifier().toString());
  }

  /** Its keys, and the entries about requests without a key, belong to another log. */
  private static Javalin serve(LogReader empty, AuditLog neighbour) throws IOException {
    ServerConfig config = ServerConfig.builder().port(0).build();
    AccessKeys keys = AccessKeys.open(neighbour.reader().directory().access(), Clock.systemUTC());
    Sessions sessions = new Sessions(keys, config.sessions(), System::nanoTime, ended -> {});
    FailureLimiter limiter =
        new FailureLimiter(1, config.limits().failureWindow(), System::nanoTime);
    SecurityEvents events = new SecurityEvents(neighbour, PersonalFields.NONE);
    LimitedKeys limited = new LimitedKeys(events, (key, limit) -> {}, System::nanoTime);
    Authenticator guard =
        new Authenticator(
            LogView.whole(empty, AuditIndex.openBeside(empty, empty.directory().index())),
            keys,
            sessions,
            new Browsers(List.of(), new AllowedHosts(List.of(), "127.0.0.1", true), ""),
            limiter,
            events,
            limited);
    ProofService answers = new ProofService(empty, () -> empty.tree().newest());
    Javalin app =
        Javalin.create(javalin -> {
          new Listener(config, null, (status, duration) -> {}).configure(javalin);
          javalin.routes.exception(Exception.class, (e, request) -> Problems.answer(request, e));
          new TreeApi(answers, new LongRequests(new LongTasks(), guard), true)
              .register(javalin.routes, guard);
        });
    Listener.start(app, config);
    return app;
  }

  public String url() {
    return "http://127.0.0.1:" + app.port();
  }

  /** The log's verifier key. */
  public String key() {
    return key;
  }

  @Override
  public void close() throws IOException {
    app.stop();
    neighbour.close();
  }
}
