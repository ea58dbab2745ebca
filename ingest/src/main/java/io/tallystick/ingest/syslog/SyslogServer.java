package io.tallystick.ingest.syslog;

import io.tallystick.ingest.Intake;
import io.tallystick.tlog.Quoted;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port that receives syslog. Messages of one connection are appended in their order. Each message
 * has an id, so that appending again makes no duplicate. Thread-safe.
 */
public final class SyslogServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SyslogServer.class);
  private static final int BACKLOG = 50;
  private static final Duration HANDSHAKE = Duration.ofSeconds(10);
  private static final Duration CLOSE = Duration.ofSeconds(10);

  /** Takes messages into the log. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Appends messages, and returns when they are acknowledged.
     *
     * @throws RuntimeException if the log does not take them now
     * @throws TimeoutException if it is not known whether it did
     */
    void append(List<Intake.Document> messages)
        throws IOException, InterruptedException, TimeoutException;
  }

  /** Makes TLS of connections. */
  @FunctionalInterface
  public interface Secure {
    /**
     * The server's end of TLS over this connection, before its handshake.
     *
     * @param authorities of which the other end must show a certificate; none if it needs none
     */
    SSLSocket wrap(Socket socket, List<X509Certificate> authorities) throws IOException;
  }

  /** A sender that the port does not accept. */
  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    RefusedException(String why, @Nullable Throwable cause) {
      super(why, cause);
    }
  }

  private final SyslogConfig config;
  private final Appending appending;
  private final @Nullable Secure secure;
  private final @Nullable ServerSocket server;
  private final @Nullable DatagramPort datagrams;
  private final Map<Socket, Thread> connections = new ConcurrentHashMap<>();
  private final AtomicLong refused = new AtomicLong();
  private final Thread listener;

  private SyslogServer(
      SyslogConfig config,
      Appending appending,
      @Nullable Secure secure,
      @Nullable ServerSocket server,
      @Nullable DatagramPort datagrams) {
    this.config = config;
    this.appending = appending;
    this.secure = secure;
    this.server = server;
    this.datagrams = datagrams;
    this.listener =
        Thread.ofPlatform()
            .daemon()
            .name("syslog-" + config.name())
            .unstarted(datagrams == null ? this::accept : () -> run(datagrams::run));
  }

  /**
   * Listens from now on.
   *
   * @param secure asked at each connection, so that a new certificate counts at once; {@code null}
   *     unless the transport is encrypted
   * @throws IOException if the address can't be listened on
   */
  public static SyslogServer start(SyslogConfig config, @Nullable Secure secure, Sink sink)
      throws IOException {
    Appending appending = new Appending(config.name(), sink);
    SyslogServer started;
    if (config.transport() == SyslogConfig.Transport.UDP) {
      DatagramPort datagrams = new DatagramPort(config.name(), config.address(), appending);
      started = new SyslogServer(config, appending, null, null, datagrams);
    } else {
      ServerSocket socket = new ServerSocket();
      try {
        socket.bind(config.address(), BACKLOG);
      } catch (IOException e) {
        socket.close();
        throw e;
      }
      started = new SyslogServer(config, appending, secure, socket, null);
    }
    started.listener.start();
    return started;
  }

  /** The port on which it listens. */
  public int port() {
    return server != null ? server.getLocalPort() : datagrams == null ? 0 : datagrams.port();
  }

  /** How many connections were refused, because there were too many or of their certificate. */
  public long refused() {
    return refused.get();
  }

  private void accept() {
    while (server != null && !appending.isClosing()) {
      try {
        Socket socket = server.accept();
        if (isTooMany(socket)) {
          refuse(socket, "there are too many");
          socket.close();
          continue;
        }
        Thread thread =
            Thread.ofVirtual()
                .name("syslog-" + config.name() + "-connection")
                .unstarted(() -> serve(socket));
        connections.put(socket, thread);
        thread.start();
      } catch (IOException e) {
        if (!appending.isClosing()) {
          LOG.warn("{} can't accept a connection: {}", config.name(), e.toString());
          run(appending::pause);
        }
      }
    }
  }

  private boolean isTooMany(Socket socket) {
    InetAddress address = socket.getInetAddress();
    long same =
        connections.keySet().stream().filter(each -> address.equals(each.getInetAddress())).count();
    return connections.size() >= config.limits().connections()
        || same >= config.limits().connectionsOfAddress();
  }

  private void refuse(Socket socket, @Nullable String why) {
    refused.incrementAndGet();
    LOG.warn(
        "{} refuses a connection of {}: {}",
        config.name(),
        socket.getInetAddress().getHostAddress(),
        why);
  }

  private void serve(Socket socket) {
    try (Socket _ = socket) {
      socket.setKeepAlive(true);
      socket.setSoTimeout((int) HANDSHAKE.toMillis());
      if (secure == null) {
        receive(socket, socket, null);
      } else {
        ClientCertificates clients = config.clients();
        SSLSocket secured =
            secure.wrap(socket, clients == null ? List.of() : clients.authorities());
        receive(socket, secured, shakeHands(secured, clients));
      }
    } catch (RefusedException e) {
      refuse(socket, e.getMessage());
    } catch (Frames.Malformed e) {
      LOG.warn("{} closes a connection of {}: {}", config.name(), socket, e.getMessage());
    } catch (IOException e) {
      if (!appending.isClosing()) {
        LOG.info("{} lost a connection: {}", config.name(), e.toString());
      }
    } finally {
      connections.remove(socket);
    }
  }

  /** Makes the connection secure, and gives the name of the sender's certificate. */
  private static @Nullable String shakeHands(
      SSLSocket secured, @Nullable ClientCertificates clients) throws IOException {
    if (clients == null) {
      secured.startHandshake();
      return null;
    }
    try {
      secured.startHandshake();
    } catch (SSLException e) {
      throw new RefusedException(whyRefused(e), e);
    }
    X509Certificate shown = (X509Certificate) secured.getSession().getPeerCertificates()[0];
    String name = clients.accept(shown);
    if (name == null) {
      List<String> own = ClientCertificates.names(shown);
      throw new RefusedException(
          "none of the names of its certificate is in client_names: "
              + Quoted.of(String.join(", ", own)),
          null);
    }
    return name;
  }

  private static String whyRefused(SSLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        return "its certificate is not of an authority in client_ca_file, or not valid now";
      }
    }
    if (e.getCause() instanceof EOFException) {
      return "it ended the TLS handshake; perhaps it does not trust this server's certificate";
    }
    // The words of the JDK's TLS; others mean that it speaks no TLS, or none that is allowed.
    return String.valueOf(e.getMessage()).contains("Empty client certificate chain")
        ? "it showed no certificate, and client_ca_file demands one"
        : "the TLS handshake failed: " + Quoted.of(e.getMessage());
  }

  private void receive(Socket raw, Socket socket, @Nullable String name) throws IOException {
    socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, config.limits().idle().toMillis()));
    Documents documents = new Documents(raw.getInetAddress().getHostAddress(), name);
    int maxBytes = config.limits().messageBytes();
    SyslogSession session =
        config.transport().isRelp()
            ? new RelpSession(
                config.name(),
                socket.getInputStream(),
                socket.getOutputStream(),
                maxBytes,
                documents,
                appending)
            : new StreamSession(
                config.name(), socket.getInputStream(), maxBytes, documents, appending);
    try {
      session.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Something that waits. */
  @FunctionalInterface
  private interface Waiting {
    void run() throws InterruptedException;
  }

  private static void run(Waiting waiting) {
    try {
      waiting.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Appends what was read, and listens no more. */
  @Override
  public void close() throws IOException {
    appending.close();
    if (server != null) {
      server.close();
    }
    long deadline = System.nanoTime() + CLOSE.toNanos();
    try {
      for (Map.Entry<Socket, Thread> connection : connections.entrySet()) {
        connection.getKey().close();
      }
      for (Thread thread : connections.values()) {
        boolean _ = thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      }
      boolean _ = listener.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (datagrams != null) {
      datagrams.close();
    }
  }
}
