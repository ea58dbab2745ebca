package io.tallystick.ingest.syslog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.Intake;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port that receives syslog. Messages of one connection are appended in their order; while the
 * log does not take them, the connection is not read, so that a sender over TCP waits. Each message
 * has an id made of the connection and its number, so that appending again makes no duplicate.
 * Thread-safe.
 */
public final class SyslogServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SyslogServer.class);
  private static final int MAX_BATCH = 500;
  private static final int BACKLOG = 50;
  private static final int MAX_DATAGRAM_BYTES = 65_535;
  private static final int DATAGRAM_BUFFER_BYTES = 4 << 20;
  private static final int DATAGRAM_LINGER_MILLIS = 100;
  private static final Duration HANDSHAKE = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofMillis(500);
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
    /** The server's end of TLS over this connection, before its handshake. */
    SSLSocket wrap(Socket socket) throws IOException;
  }

  private final SyslogConfig config;
  private final Sink sink;
  private final @Nullable Secure secure;
  private final @Nullable ServerSocket server;
  private final @Nullable DatagramSocket datagrams;
  private final Map<Socket, Thread> connections = new ConcurrentHashMap<>();
  private final AtomicLong received = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread listener;

  private SyslogServer(
      SyslogConfig config,
      Sink sink,
      @Nullable Secure secure,
      @Nullable ServerSocket server,
      @Nullable DatagramSocket datagrams) {
    this.config = config;
    this.sink = sink;
    this.secure = secure;
    this.server = server;
    this.datagrams = datagrams;
    this.listener =
        Thread.ofPlatform()
            .daemon()
            .name("syslog-" + config.name())
            .unstarted(server == null ? this::receiveDatagrams : this::accept);
  }

  /**
   * Listens from now on.
   *
   * @param secure asked at each connection, so that a new certificate counts at once; {@code null}
   *     unless the transport is TLS
   * @throws IOException if the address can't be listened on
   */
  public static SyslogServer start(SyslogConfig config, @Nullable Secure secure, Sink sink)
      throws IOException {
    SyslogServer started;
    if (config.transport() == SyslogConfig.Transport.UDP) {
      DatagramSocket socket = new DatagramSocket(config.address());
      socket.setReceiveBufferSize(DATAGRAM_BUFFER_BYTES);
      socket.setSoTimeout(DATAGRAM_LINGER_MILLIS);
      started = new SyslogServer(config, sink, null, null, socket);
    } else {
      ServerSocket socket = new ServerSocket();
      try {
        socket.bind(config.address(), BACKLOG);
      } catch (IOException e) {
        socket.close();
        throw e;
      }
      started = new SyslogServer(config, sink, secure, socket, null);
    }
    started.listener.start();
    return started;
  }

  /** The port on which it listens. */
  public int port() {
    return server != null
        ? server.getLocalPort()
        : datagrams == null ? 0 : datagrams.getLocalPort();
  }

  /** How many messages were appended. */
  public long received() {
    return received.get();
  }

  /** How many connections were refused, because there were too many. */
  public long refused() {
    return refused.get();
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void accept() {
    while (server != null && !isClosing()) {
      try {
        Socket socket = server.accept();
        if (isTooMany(socket)) {
          refused.incrementAndGet();
          LOG.warn(
              "{} refuses a connection of {}: there are too many",
              config.name(),
              socket.getInetAddress().getHostAddress());
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
        if (!isClosing()) {
          LOG.warn("{} can't accept a connection: {}", config.name(), e.toString());
          pause();
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

  private void serve(Socket socket) {
    try (Socket _ = socket) {
      socket.setKeepAlive(true);
      socket.setSoTimeout((int) HANDSHAKE.toMillis());
      String peer = socket.getInetAddress().getHostAddress();
      if (secure == null) {
        receive(socket, peer);
      } else {
        SSLSocket secured = secure.wrap(socket);
        secured.startHandshake();
        receive(secured, peer);
      }
    } catch (Frames.Malformed e) {
      LOG.warn("{} closes a connection of {}: {}", config.name(), socket, e.getMessage());
    } catch (IOException e) {
      if (!isClosing()) {
        LOG.info("{} lost a connection: {}", config.name(), e.toString());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connections.remove(socket);
    }
  }

  private void receive(Socket socket, String peer) throws IOException, InterruptedException {
    int idle = (int) Math.min(Integer.MAX_VALUE, config.limits().idle().toMillis());
    socket.setSoTimeout(idle);
    Frames frames = new Frames(socket.getInputStream(), config.limits().messageBytes());
    Numbered messages = new Numbered(peer);
    while (true) {
      List<Intake.Document> batch = new ArrayList<>();
      IOException failure = null;
      boolean ended = false;
      try {
        while (batch.isEmpty() || (batch.size() < MAX_BATCH && frames.isReady())) {
          ObjectNode message = frames.next();
          if (message == null) {
            ended = true;
            break;
          }
          batch.add(messages.document(message));
        }
      } catch (IOException e) {
        failure = e;
      }
      append(batch);
      if (failure != null) {
        throw failure;
      }
      if (ended) {
        return;
      }
    }
  }

  private void receiveDatagrams() {
    byte[] buffer = new byte[MAX_DATAGRAM_BYTES];
    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
    List<Intake.Document> batch = new ArrayList<>();
    Numbered messages = new Numbered(null);
    try {
      while (datagrams != null && !isClosing()) {
        boolean quiet = false;
        try {
          packet.setLength(buffer.length);
          datagrams.receive(packet);
          byte[] bytes = Arrays.copyOf(buffer, packet.getLength());
          ObjectNode message = SyslogMessage.read(bytes);
          message.put("peer", packet.getAddress().getHostAddress());
          batch.add(messages.document(message));
        } catch (SocketTimeoutException e) {
          quiet = true;
        } catch (IOException e) {
          if (!isClosing()) {
            LOG.warn("{} can't receive a datagram: {}", config.name(), e.toString());
            pause();
          }
        }
        if (!batch.isEmpty() && (quiet || batch.size() == MAX_BATCH || isClosing())) {
          append(batch);
          batch = new ArrayList<>();
        }
      }
      append(batch);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The messages of one connection, each with an id of its own. */
  private static final class Numbered {
    private final String id = UUID.randomUUID().toString().replace("-", "");
    private final @Nullable String peer;
    private long number;

    Numbered(@Nullable String peer) {
      this.peer = peer;
    }

    Intake.Document document(ObjectNode message) {
      number++;
      if (peer != null) {
        message.put("peer", peer);
      }
      String key = id + ":" + number;
      return SyslogMessage.unpack(message)
          ? new Intake.Document(message, key, SyslogMessage.MESSAGE)
          : new Intake.Document(message, key);
    }
  }

  /** Appends messages, however long the log needs, unless this closes meanwhile. */
  private void append(List<Intake.Document> batch) throws InterruptedException {
    boolean warned = false;
    while (!batch.isEmpty()) {
      String why;
      try {
        sink.append(batch);
        received.addAndGet(batch.size());
        return;
      } catch (IOException | TimeoutException | RuntimeException e) {
        why = e.toString();
      }
      if (!warned) {
        LOG.warn("{} can't append {} messages yet: {}", config.name(), batch.size(), why);
        warned = true;
      }
      if (closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.error("{} loses {} messages: {}", config.name(), batch.size(), why);
        return;
      }
    }
  }

  private void pause() {
    try {
      boolean _ = closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Appends what was read, and listens no more. */
  @Override
  public void close() throws IOException {
    closing.countDown();
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
