package io.tallystick.http.wire;

import io.javalin.http.Context;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection.SslEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connection of a request whose answer is being computed. Used by the request's thread. */
public final class RequestConnection {
  private static final Logger LOG = LoggerFactory.getLogger(RequestConnection.class);

  private final Connection connection;
  private final EndPoint socket;

  /** Whether what comes next belongs to this request or the next one, and tells nothing. */
  private boolean hasMore;

  private RequestConnection(Connection connection, boolean hasMore) {
    this.connection = connection;
    this.socket = connection.getEndPoint();
    this.hasMore = hasMore;
  }

  public static RequestConnection of(Context request) {
    return new RequestConnection(
        ServletContextRequest.getServletContextRequest(request.req())
            .getConnectionMetaData()
            .getConnection(),
        UnreadBody.mayBe(request));
  }

  /**
   * Whether the client has gone: it closed the connection, or its side of it. Jetty reads nothing
   * while a request is being answered, so this looks for itself. A client that sends its next
   * request already is there.
   */
  public boolean isGone() {
    if (!socket.isOpen() || socket.isInputShutdown()) {
      return true;
    }
    if (hasMore) {
      return false;
    }
    ByteBuffer next = BufferUtil.allocate(1);
    try {
      int read = socket.fill(next);
      hasMore = read > 0;
      if (hasMore && connection instanceof Connection.UpgradeTo owner) {
        // To be read again, as the beginning of the next request.
        owner.onUpgradeTo(next);
      }
      return read < 0;
    } catch (IOException | BufferOverflowException e) {
      cut();
      return true;
    }
  }

  /**
   * Cuts it off, so that no client takes an answer that has begun for complete, and ends writes to
   * it. The connection is reset, without a goodbye of TLS either: an answer without a length and
   * chunks is complete for a client when its connection ends in order.
   */
  public void cut() {
    EndPoint raw =
        socket instanceof SslEndPoint tls ? tls.getSslConnection().getEndPoint() : socket;
    if (raw.getTransport() instanceof SocketChannel channel) {
      try {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      } catch (IOException e) {
        LOG.debug("a connection is gone already", e);
      }
    }
    raw.close();
    socket.close();
  }
}
