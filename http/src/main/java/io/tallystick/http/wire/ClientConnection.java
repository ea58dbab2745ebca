package io.tallystick.http.wire;

import java.net.InetAddress;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.IO;
import org.jspecify.annotations.Nullable;

/** A connection and what its client has sent so far. */
final class ClientConnection {
  private final SelectableChannel channel;
  private final InetAddress network;
  private final boolean proxy;
  private final long openedNanoTime = System.nanoTime();

  /** That is being answered; {@code null} between two requests. */
  private volatile @Nullable Request request;

  /** Of TLS, or of HTTP where there is no TLS; {@code null} until it is open. */
  private volatile @Nullable Connection outer;

  /** Of HTTP; {@code null} until it is open. */
  private volatile @Nullable Connection http;

  private volatile boolean hasRequested;
  private volatile long restingNanoTime = openedNanoTime;

  /**
   * How much had come when the client was last between two requests, and when; used by one thread
   * after another.
   */
  private long seenRequests;

  private long seenBytes;
  private long seenNanoTime = openedNanoTime;

  /**
   * @param channel that it goes over
   * @param network as {@link Network} has it
   * @param proxy whether the client is a proxy that is trusted
   */
  ClientConnection(SelectableChannel channel, InetAddress network, boolean proxy) {
    this.channel = channel;
    this.network = network;
    this.proxy = proxy;
  }

  InetAddress network() {
    return network;
  }

  boolean isProxy() {
    return proxy;
  }

  /** The end point of the network, inside that of TLS. */
  static EndPoint endPoint(Connection connection) {
    EndPoint endPoint = connection.getEndPoint();
    while (endPoint instanceof EndPoint.Wrapper wrapper) {
      endPoint = wrapper.unwrap();
    }
    return endPoint;
  }

  /** Notes a connection of TLS or HTTP over this one, in any order. */
  void opened(Connection connection) {
    if (!(connection.getEndPoint() instanceof EndPoint.Wrapper)) {
      outer = connection;
    }
    // The connection of TLS counts no requests.
    if (connection.getMessagesIn() >= 0) {
      http = connection;
    }
  }

  /** A request has come, header and all. */
  void begin(Request begun) {
    hasRequested = true;
    request = begun;
  }

  /** A request has its whole answer, or failed. */
  void end() {
    restingNanoTime = System.nanoTime();
    request = null;
  }

  /** How much its client has shown. */
  enum Standing {
    /** Has sent no whole header of a request; over TLS, maybe not even finished its handshake. */
    SILENT,
    /** Is between two requests. */
    RESTING,
    /** Has sent a request without a valid key, so far, and maybe only a part of its body. */
    STRANGER,
    /** Waits for the answer to a request with a valid key. */
    ADMITTED
  }

  Standing standing() {
    Request underWay = request;
    if (underWay != null) {
      return Connections.isAdmitted(underWay) ? Standing.ADMITTED : Standing.STRANGER;
    }
    return hasRequested ? Standing.RESTING : Standing.SILENT;
  }

  /** Since its last answer was complete, or since it began. */
  long nanosSinceAnswer(long now) {
    return now - restingNanoTime;
  }

  /** Whether the client takes too long. Called again and again, by one thread after another. */
  boolean isLate(Duration firstByte, Duration header) {
    Connection network = outer;
    Connection messages = http;
    if (network == null || messages == null) {
      return false;
    }
    long now = System.nanoTime();
    long age = now - openedNanoTime;
    long requests = messages.getMessagesIn();
    long bytes = messages.getBytesIn();
    boolean silent = network.getBytesIn() == 0;
    if ((silent && age > firstByte.toNanos()) || (bytes == 0 && age > 2 * firstByte.toNanos())) {
      return true;
    }
    boolean resting = requests > 0 && bytes == seenBytes;
    if (request != null || resting || requests != seenRequests) {
      seenRequests = requests;
      seenBytes = bytes;
      seenNanoTime = now;
      return false;
    }
    return now - seenNanoTime > header.toNanos();
  }

  /** Closes it at once; over TLS without the closing message, which a full connection can delay. */
  void close() {
    Connection network = outer;
    if (network == null) {
      IO.close(channel);
    } else {
      endPoint(network).close();
    }
  }
}
