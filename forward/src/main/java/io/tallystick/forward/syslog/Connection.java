package io.tallystick.forward.syslog;

import io.tallystick.forward.net.Watchdog;
import io.tallystick.forward.sink.SinkException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection whose reads and writes end in time. Used by one thread. */
final class Connection implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private final String name;
  private final Socket raw;
  private final Socket socket;
  private final Duration timeout;
  private final InputStream in;

  /**
   * @param raw the connection below the encryption, which closes at once; the same where there is
   *     none
   */
  Connection(String name, Socket raw, Socket socket, Duration timeout) throws IOException {
    this.name = name;
    this.raw = raw;
    this.socket = socket;
    this.timeout = timeout;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  void write(byte[] bytes) throws SinkException {
    try (Watchdog _ = Watchdog.on(raw, timeout)) {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /** The next byte, which must come in time. */
  int read() throws SinkException {
    try {
      int next = in.read();
      if (next < 0) {
        throw broken(null);
      }
      return next;
    } catch (SocketTimeoutException e) {
      throw new SinkException(name + " did not answer in " + timeout.toSeconds() + " s", e);
    } catch (SinkException e) {
      throw e;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /**
   * Finds out what the peer said of its own accord: that it closed the connection, or that it
   * misses our certificate, which under TLS 1.3 only a read shows.
   */
  void checkOpen(Duration patience) throws SinkException {
    try {
      socket.setSoTimeout((int) patience.toMillis());
      try {
        in.mark(1);
        if (in.read() < 0) {
          throw broken(null);
        }
        in.reset();
      } catch (SocketTimeoutException e) {
        // It said nothing, as it should.
      } finally {
        socket.setSoTimeout((int) timeout.toMillis());
      }
    } catch (SinkException e) {
      throw e;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private SinkException broken(@Nullable IOException e) {
    return new SinkException(
        e == null ? name + " closed the connection" : "the connection to " + name + " broke", e);
  }

  static void closeQuietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      LOG.debug("closing a connection", e);
    }
  }

  @Override
  public void close() {
    try (Watchdog _ = Watchdog.on(raw, Duration.ofSeconds(2))) {
      closeQuietly(socket);
    }
    closeQuietly(raw);
  }
}
