package io.tallystick.http;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.util.JavalinException;
import io.javalin.util.JavalinLogger;
import io.tallystick.http.api.ReadingApi;
import io.tallystick.http.tls.ServedCertificate;
import io.tallystick.http.wire.Connections;
import io.tallystick.http.wire.Problems;
import io.tallystick.http.wire.UnambiguousRequests;
import java.time.Duration;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.NanoTime;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/** How a server listens: its threads, its connections, its limits for headers, and how it stops. */
final class Listener {
  /** The id of a user in a path may have any character. {@link UnambiguousRequests} bounds it. */
  private static final UriCompliance TEXTS_IN_PATHS =
      UriCompliance.DEFAULT.with(
          "TEXTS_IN_PATHS",
          UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR,
          UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING,
          UriCompliance.Violation.SUSPICIOUS_PATH_CHARACTERS);

  private static final int MAX_HEADER_BYTES = 16 << 10;
  private static final int MAX_PLATFORM_THREADS = 64;
  private static final Duration HSTS_MAX_AGE = Duration.ofDays(365);

  /** Called for every answer. */
  @FunctionalInterface
  interface Answered {
    void with(int status, Duration duration);
  }

  private final ServerConfig config;
  private final @Nullable ServedCertificate certificate;
  private final Answered answered;
  private final Connections connections;

  /**
   * @param certificate {@code null} for plain HTTP
   */
  Listener(ServerConfig config, @Nullable ServedCertificate certificate, Answered answered) {
    this.config = config;
    this.certificate = certificate;
    this.answered = answered;
    this.connections =
        new Connections(
            config.limits().maxConnections(),
            config.connections(),
            config.timeouts().body(),
            address -> config.trustedProxies().stream().anyMatch(range -> range.contains(address)));
  }

  /**
   * Starts a server that was configured by this class.
   *
   * @throws ListenException if the server cannot listen on its address
   */
  static void start(Javalin app, ServerConfig config) throws ListenException {
    // Javalin would log a failure with advice of its own before it throws it.
    JavalinLogger.enabled = false;
    try {
      app.start();
    } catch (JavalinException e) {
      throw ListenException.of(config.host(), config.port(), e);
    } finally {
      JavalinLogger.enabled = true;
    }
  }

  void configure(JavalinConfig javalin) {
    JavalinLogger.startupInfo = false;
    javalin.startup.showJavalinBanner = false;
    javalin.startup.showOldJavalinVersionWarning = false;
    javalin.startup.startupWatcherEnabled = false;
    javalin.http.prefer405over404 = true;
    if (!config.basePath().isEmpty()) {
      javalin.router.contextPath = config.basePath();
    }
    javalin.routes.before(
        new UnambiguousRequests(
            certificate == null ? "http" : "https", config.basePath() + ReadingApi.USER_PATH));
    javalin.http.compressionStrategy = CompressionStrategy.NONE;
    QueuedThreadPool threads = new QueuedThreadPool(MAX_PLATFORM_THREADS);
    threads.setName("tally-http");
    threads.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("tally-http-"));
    javalin.jetty.threadPool = threads;
    javalin.jetty.modifyServer(server -> {
      server.insertHandler(new GracefulHandler());
      server.insertHandler(connections.requests());
      server.setStopTimeout(config.timeouts().stop().toMillis());
      server.setErrorHandler(new Problems.JettyErrors(config.basePath()));
      server.setRequestLog((request, response) ->
          answered.with(
              response.getStatus(), Duration.ofNanos(NanoTime.since(request.getBeginNanoTime()))));
    });
    javalin.jetty.modifyServletContextHandler(
        context -> context.setErrorHandler(new Problems.JettyErrors(config.basePath())));
    javalin.jetty.modifyHttpConfiguration(http -> {
      http.setUriCompliance(TEXTS_IN_PATHS);
      http.setHttpCompliance(HttpCompliance.STRICT);
      http.setSendServerVersion(false);
      http.setSendXPoweredBy(false);
      http.setRequestHeaderSize(MAX_HEADER_BYTES);
    });
    javalin.jetty.addConnector(this::connector);
  }

  private ServerConnector connector(Server server, HttpConfiguration http) {
    HttpConnectionFactory factory = new HttpConnectionFactory(http);
    ServerConnector connector;
    if (certificate == null) {
      connector = new ServerConnector(server, factory);
    } else {
      boolean hsts = config.hsts() && !config.isLoopback();
      http.addCustomizer(
          new SecureRequestCustomizer(false, hsts ? HSTS_MAX_AGE.toSeconds() : -1, false));
      server.addBean(certificate);
      connector = new ServerConnector(server, certificate.ssl(), factory);
    }
    connector.setHost(config.host());
    connector.setPort(config.port());
    connector.setIdleTimeout(config.timeouts().idle().toMillis());
    // A burst of connections that the kernel has no place for is reset, not answered.
    connector.setAcceptQueueSize(config.limits().maxConnections());
    connector.addBean(connections);
    return connector;
  }
}
