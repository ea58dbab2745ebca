package io.tallystick.forward.syslog;

import io.tallystick.forward.net.Trust;
import io.tallystick.forward.net.Watchdog;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * Makes connections to a receiver.
 *
 * @param relp whether it speaks RELP
 * @param tls {@code null} for a connection that anybody on the way can read and change
 * @param timeout for connecting, and for each read and write
 */
record Connector(
    String host, int port, boolean relp, @Nullable SSLSocketFactory tls, Duration timeout) {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** A dead peer is noticed after a minute without traffic. */
  private static final int KEEPALIVE_SECONDS = 30;

  private static final int KEEPALIVE_PROBES = 3;

  static Connector of(SinkSettings settings) throws IOException {
    String transport = settings.word("transport", List.of("tls", "tcp", "relp", "relp-tls"), "tls");
    boolean encrypted = transport.endsWith("tls");
    long port = settings.number("port", encrypted ? 6_514 : 514, 1, 65_535);
    return new Connector(
        settings.text("host"),
        (int) port,
        transport.startsWith("relp"),
        encrypted ? Trust.context(settings).getSocketFactory() : null,
        Duration.ofSeconds(settings.number("timeout_seconds", 30, 1, 600)));
  }

  /** Its host and port, for messages. */
  String name() {
    return host + ":" + port;
  }

  /**
   * A new connection.
   *
   * @throws SinkException if there is none
   */
  Connection connect() throws SinkException {
    Socket raw = new Socket();
    Socket socket = raw;
    boolean connected = false;
    boolean done = false;
    try {
      raw.connect(new InetSocketAddress(host, port), (int) CONNECT_TIMEOUT.toMillis());
      connected = true;
      raw.setKeepAlive(true);
      raw.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEPALIVE_SECONDS);
      raw.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEPALIVE_SECONDS / KEEPALIVE_PROBES);
      raw.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEPALIVE_PROBES);
      raw.setOption(StandardSocketOptions.TCP_NODELAY, true);
      raw.setSoTimeout((int) timeout.toMillis());
      if (tls != null) {
        socket = encrypted(tls, raw);
      }
      Connection connection = new Connection(name(), raw, socket, timeout);
      done = true;
      return connection;
    } catch (IOException e) {
      throw new SinkException(
          name() + (connected && tls != null ? inHandshake(e) : " can't be connected to"), e);
    } finally {
      if (!done) {
        Connection.closeQuietly(raw);
      }
    }
  }

  private static String inHandshake(IOException e) {
    // A peer that closes the connection has said nothing of certificates.
    return e instanceof SSLHandshakeException && !(e.getCause() instanceof EOFException)
        ? " has no TLS that ca_file trusts for this host, or refuses our certificate"
        : " was connected to, but the TLS handshake failed; does that port speak TLS?";
  }

  private Socket encrypted(SSLSocketFactory factory, Socket raw) throws IOException {
    SSLSocket socket = (SSLSocket) factory.createSocket(raw, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    socket.setSSLParameters(parameters);
    try (Watchdog _ = Watchdog.on(raw, timeout)) {
      socket.startHandshake();
    }
    return socket;
  }
}
