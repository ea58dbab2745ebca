package io.tallystick.http;

import io.javalin.Javalin;
import io.javalin.http.HttpResponseException;
import io.javalin.router.EndpointNotFound;
import io.tallystick.forward.Forwarding;
import io.tallystick.http.api.Description;
import io.tallystick.http.api.ErasureApi;
import io.tallystick.http.api.EventsApi;
import io.tallystick.http.api.ForwardingApi;
import io.tallystick.http.api.HealthApi;
import io.tallystick.http.api.KeysApi;
import io.tallystick.http.api.LiveApi;
import io.tallystick.http.api.LongRequests;
import io.tallystick.http.api.Metrics;
import io.tallystick.http.api.OverviewApi;
import io.tallystick.http.api.ReadingApi;
import io.tallystick.http.api.RetentionApi;
import io.tallystick.http.api.SessionApi;
import io.tallystick.http.api.TreeApi;
import io.tallystick.http.api.VerifyApi;
import io.tallystick.http.auth.AllowedHosts;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Browsers;
import io.tallystick.http.auth.FailureLimiter;
import io.tallystick.http.auth.LimitedKeys;
import io.tallystick.http.auth.SecurityEvents;
import io.tallystick.http.auth.Sessions;
import io.tallystick.http.ingest.IngestApi;
import io.tallystick.http.ingest.ReceiverKeys;
import io.tallystick.http.ingest.SyslogPorts;
import io.tallystick.http.page.WebAssets;
import io.tallystick.http.tls.ServedCertificate;
import io.tallystick.http.tls.TlsFiles;
import io.tallystick.http.wire.BodyMemory;
import io.tallystick.http.wire.BodyReader;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Problems;
import io.tallystick.index.AuditIndex;
import io.tallystick.ingest.IntakeAppender;
import io.tallystick.service.Chore;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.append.IdempotentAppender;
import io.tallystick.service.append.TypeLimit;
import io.tallystick.service.erasure.ErasureService;
import io.tallystick.service.query.LogView;
import io.tallystick.service.query.OnDemandCheckpoints;
import io.tallystick.service.query.ProofService;
import io.tallystick.service.query.VerifyService;
import io.tallystick.service.retention.RetentionAdministration;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.service.work.LongTasks;
import io.tallystick.store.AuditLog;
import io.tallystick.store.verify.LogVerifier;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A log over HTTP (docs/http-api.md). Serves from {@link #start} to {@link #close}, and closes
 * nothing that it was given. Every request has a virtual thread.
 *
 * <p>When it is closed, it accepts no new request and answers those under way; what was
 * acknowledged is safe either way.
 */
public final class AuditServer implements AutoCloseable {
  private static final Duration FLOODS_EVERY = Duration.ofSeconds(1);
  private static final Duration KEYS_EVERY = Duration.ofSeconds(1);
  private static final Duration LAST_USE_EVERY = Duration.ofMinutes(1);
  private static final Duration SESSIONS_EVERY = Duration.ofSeconds(1);

  private final ServerConfig config;
  private final AccessKeys keys;
  private final FailureLimiter limiter;
  private final SecurityEvents events;
  private final LimitedKeys limited;
  private final Sessions sessions;
  private final LiveApi live;
  private final LongTasks tasks = new LongTasks();
  private final @Nullable ServedCertificate certificate;
  private final ReceiverKeys receiverKeys;
  private final @Nullable SyslogPorts syslog;
  public final Javalin app;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("tally-server-timer").daemon().factory());

  /** Set once, before anybody has the server. */
  private int port;

  private AuditServer(
      AuditLog log,
      AuditIndex index,
      AccessKeys keys,
      ServerConfig config,
      WitnessFeeder witnessFeeder,
      @Nullable Forwarding forwarding,
      @Nullable ServedCertificate certificate) {
    this.config = config;
    this.keys = keys;
    this.certificate = certificate;
    ServerConfig.Limits limits = config.limits();
    ServerConfig.Timeouts timeouts = config.timeouts();
    this.limiter =
        new FailureLimiter(limits.maxFailures(), limits.failureWindow(), System::nanoTime);
    this.events = new SecurityEvents(log, config.personal());
    Metrics metrics = new Metrics();
    this.sessions = new Sessions(keys, config.sessions(), System::nanoTime, events::sessionExpired);
    AllowedHosts hosts =
        new AllowedHosts(config.allowedHosts(), config.host(), config.isLoopback());
    Browsers browsers = new Browsers(config.trustedProxies(), hosts, config.basePath());
    this.limited = new LimitedKeys(events, metrics::limited, System::nanoTime);
    Authenticator guard =
        new Authenticator(
            LogView.whole(log.reader(), index), keys, sessions, browsers, limiter, events, limited);
    LongRequests work = new LongRequests(tasks, guard);
    this.live = new LiveApi(guard, LiveApi.MAX_LISTENERS);
    BodyReader bodies =
        new BodyReader(
            limits.maxBodyBytes(), new BodyMemory(limits.maxPendingBodyBytes()), timeouts.body());
    JsonObjects objects = new JsonObjects(timeouts.body());
    OnDemandCheckpoints sealing = new OnDemandCheckpoints(log, timeouts.append());
    ProofService tree = new ProofService(log.reader(), sealing, witnessFeeder);
    IdempotentAppender appender =
        new IdempotentAppender(
            log,
            index,
            IdempotentAppender.WINDOW_EVENTS,
            IdempotentAppender.MAX_HELD,
            timeouts.append());
    TypeLimit types = new TypeLimit(index, log.lastId());
    this.receiverKeys = new ReceiverKeys(config.receivers(), keys);
    IntakeAppender intake =
        config.receivers().isEmpty()
            ? null
            : new IntakeAppender(appender, config.personal(), types, config.strictTypes());
    this.syslog =
        intake == null
            ? null
            : new SyslogPorts(
                keys,
                receiverKeys,
                intake,
                metrics,
                certificate == null ? null : certificate::wrap);
    WebAssets page = WebAssets.load(config.basePath());
    this.app =
        Javalin.create(javalin -> {
          new Listener(config, certificate, metrics::answered).configure(javalin);
          javalin.routes.before(request -> {
            request.header("X-Content-Type-Options", "nosniff");
            request.header("Cache-Control", "no-store");
            request.header("Content-Security-Policy", WebAssets.NOTHING_ALLOWED);
          });
          javalin.routes.before(guard::checkHost);
          javalin.router.javaLangErrorHandler(Problems::answer);
          javalin.routes.exception(Exception.class, (e, request) -> Problems.answer(request, e));
          javalin.routes.exception(
              HttpResponseException.class, (e, request) -> Problems.answer(request, e));
          javalin.routes.exception(
              EndpointNotFound.class,
              (e, request) -> {
                if (!page.answerNotFound(request)) {
                  Problems.answer(request, e);
                }
              });
          new EventsApi(
                  appender,
                  config.personal(),
                  types,
                  sealing,
                  log.reader().tree(),
                  bodies,
                  limits.maxEvents(),
                  config.strictTypes(),
                  metrics)
              .register(javalin.routes, guard);
          if (intake != null) {
            new IngestApi(config.receivers(), receiverKeys, intake, bodies, metrics)
                .register(javalin.routes, guard);
          }
          new ReadingApi(sealing, events, work).register(javalin.routes, guard);
          LogVerifier verifier = new LogVerifier(log.reader(), tasks::assist);
          new VerifyApi(new VerifyService(log.reader(), verifier), sealing, work, Clock.systemUTC())
              .register(javalin.routes, guard);
          new OverviewApi(work).register(javalin.routes, guard);
          live.register(javalin.routes);
          new SessionApi(guard, sessions, browsers, events, limited, objects)
              .register(javalin.routes);
          page.register(javalin.routes);
          new Description(config.basePath()).register(javalin.routes);
          new TreeApi(tree, work, config.publicTlog()).register(javalin.routes, guard);
          new KeysApi(keys, new KeyAdministration(log, keys), objects)
              .register(javalin.routes, guard);
          new RetentionApi(new RetentionAdministration(log, index, Clock.systemUTC()), objects)
              .register(javalin.routes, guard);
          new ErasureApi(new ErasureService(log, index), log.reader(), objects, work)
              .register(javalin.routes, guard);
          new ForwardingApi(forwarding, work).register(javalin.routes, guard);
          new HealthApi(log, index, witnessFeeder, metrics, forwarding, receiverKeys::warning)
              .register(javalin.routes, guard, config.publicMetrics());
        });
  }

  /** Starts a server of a log that no witness signs, see the other method of this name. */
  public static AuditServer start(
      AuditLog log, AuditIndex index, AccessKeys keys, ServerConfig config)
      throws IOException, InterruptedException {
    WitnessFeeder none = new WitnessFeeder(log.reader().tree(), List.of(), WitnessFeeder.EVERY);
    return start(log, index, keys, config, none, null);
  }

  /**
   * Starts a server. If there is no key yet, it leaves one with every permission in {@code
   * admin.key} of the data directory.
   *
   * @param witnessFeeder where checkpoints with witnesses' signatures come from
   * @param forwarding what entries are forwarded by; {@code null} if they are not
   * @throws ListenException if the server cannot listen on its address
   * @throws IOException if the TLS files are invalid
   */
  public static AuditServer start(
      AuditLog log,
      AuditIndex index,
      AccessKeys keys,
      ServerConfig config,
      WitnessFeeder witnessFeeder,
      @Nullable Forwarding forwarding)
      throws IOException, InterruptedException {
    TlsFiles files = config.tls();
    ServedCertificate certificate = files == null ? null : new ServedCertificate(files);
    Path adminKey = log.reader().directory().adminKey();
    KeyAdministration administration = new KeyAdministration(log, keys);
    administration.checkNotLost(index);
    administration.createFirst(adminKey);
    AuditServer server =
        new AuditServer(log, index, keys, config, witnessFeeder, forwarding, certificate);
    try {
      Listener.start(server.app, config);
      server.startReceivers();
    } catch (IOException e) {
      server.timer.shutdownNow();
      throw e;
    }
    server.port = server.app.port();
    server.startTimer();
    return server;
  }

  /** The port that is listened on, or was. */
  public int port() {
    return port;
  }

  /** Reads the certificate and its key now if their files changed; does nothing over plain HTTP. */
  public void reloadCertificate() {
    if (certificate != null) {
      certificate.reload();
    }
  }

  private void startReceivers() throws IOException {
    receiverKeys.check();
    if (syslog != null) {
      try {
        syslog.start(config.receivers());
      } catch (IOException e) {
        syslog.close();
        app.stop();
        throw e;
      }
    }
  }

  /** The port on which the receiver of syslog with this name listens; 0 if there is none. */
  public int syslogPort(String receiver) {
    return syslog == null ? 0 : syslog.port(receiver);
  }

  private void startTimer() {
    every(FLOODS_EVERY, "logging floods of failed attempts", () -> logFloods(limiter.ended()));
    every(FLOODS_EVERY, "logging keys that reached a limit", limited::logEnded);
    every(KEYS_EVERY, "checking the keys of receivers", receiverKeys::check);
    every(LAST_USE_EVERY, "saving when keys were last used", keys::saveLastUse);
    every(SESSIONS_EVERY, "ending expired sessions", sessions::sweep);
  }

  private void every(Duration period, String name, Chore chore) {
    Future<?> _ =
        timer.scheduleWithFixedDelay(
            () -> attempt(name, chore),
            period.toMillis(),
            period.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private static void attempt(String name, Chore chore) {
    try {
      Chore.attempt(name, chore);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void logFloods(Iterable<FailureLimiter.Flood> floods) throws IOException {
    for (FailureLimiter.Flood flood : floods) {
      events.flood(flood, config.limits().failureWindow());
    }
  }

  /**
   * Accepts no new request, answers those under way as far as the stop time-out allows, and ends.
   * May be called again.
   */
  @Override
  public void close() throws IOException {
    live.stop();
    if (syslog != null) {
      syslog.close();
    }
    try {
      app.stop();
    } finally {
      tasks.close();
    }
    timer.shutdownNow();
    logFloods(limiter.endAll());
    limited.logAll();
    sessions.endAll();
    keys.saveLastUse();
  }
}
