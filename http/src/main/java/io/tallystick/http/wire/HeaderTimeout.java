package io.tallystick.http.wire;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.NanoTime;
import org.eclipse.jetty.util.component.AbstractLifeCycle;

/**
 * Closes connections whose client is too slow with the header of a request. A client that sends a
 * byte now and then is never idle, and enough of them would lock everybody else out. The time
 * counts from the connection's start for the first header, TLS handshake included, and from its
 * first byte for each later one.
 */
public final class HeaderTimeout extends AbstractLifeCycle implements Connection.Listener {
  private final ServerConnector connector;
  private final Duration timeout;
  private final Map<Connection, Seen> seen = new ConcurrentHashMap<>();

  /** How much a connection had received when it was last between two requests, and when. */
  private record Seen(long requests, long bytes, long nanoTime) {}

  public HeaderTimeout(ServerConnector connector, Duration timeout) {
    this.connector = connector;
    this.timeout = timeout;
  }

  @Override
  public void onOpened(Connection connection) {
    // The connection of TLS counts no requests; the one of HTTP inside it does.
    if (connection.getMessagesIn() >= 0) {
      seen.put(connection, new Seen(0, 0, NanoTime.now()));
    }
  }

  @Override
  public void onClosed(Connection connection) {
    seen.remove(connection);
  }

  @Override
  protected void doStart() {
    schedule();
  }

  private void schedule() {
    connector
        .getScheduler()
        .schedule(this::closeLate, Math.max(10, timeout.toMillis() / 10), TimeUnit.MILLISECONDS);
  }

  private void closeLate() {
    if (!isRunning()) {
      return;
    }
    seen.forEach(this::closeIfLate);
    schedule();
  }

  private void closeIfLate(Connection connection, Seen before) {
    long requests = connection.getMessagesIn();
    long bytes = connection.getBytesIn();
    boolean answering = requests > connection.getMessagesOut();
    boolean resting = requests > 0 && bytes == before.bytes;
    if (answering || resting || requests != before.requests) {
      seen.replace(connection, before, new Seen(requests, bytes, NanoTime.now()));
    } else if (NanoTime.since(before.nanoTime) > timeout.toNanos()) {
      connection.close();
    }
  }
}
