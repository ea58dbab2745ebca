package io.tallystick.ingest.syslog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.Intake;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Syslog over UDP: a message each datagram. */
final class DatagramPort implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DatagramPort.class);
  private static final int MAX_DATAGRAM_BYTES = 65_535;
  private static final int BUFFER_BYTES = 4 << 20;
  private static final int LINGER_MILLIS = 100;

  private final String receiver;
  private final DatagramSocket socket;
  private final Appending appending;

  DatagramPort(String receiver, SocketAddress address, Appending appending) throws IOException {
    this.receiver = receiver;
    this.appending = appending;
    this.socket = new DatagramSocket(address);
    socket.setReceiveBufferSize(BUFFER_BYTES);
    socket.setSoTimeout(LINGER_MILLIS);
  }

  int port() {
    return socket.getLocalPort();
  }

  /** Receives until the port closes. */
  void run() throws InterruptedException {
    byte[] buffer = new byte[MAX_DATAGRAM_BYTES];
    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
    List<Intake.Document> batch = new ArrayList<>();
    long bytes = 0;
    Documents documents = new Documents(null, null);
    while (!appending.isClosing()) {
      boolean quiet = false;
      try {
        packet.setLength(buffer.length);
        socket.receive(packet);
        ObjectNode message = SyslogMessage.read(Arrays.copyOf(buffer, packet.getLength()));
        message.put("peer", packet.getAddress().getHostAddress());
        batch.add(documents.of(message));
        bytes += packet.getLength();
      } catch (SocketTimeoutException e) {
        quiet = true;
      } catch (IOException e) {
        if (!appending.isClosing()) {
          LOG.warn("{} can't receive a datagram: {}", receiver, e.toString());
          appending.pause();
        }
      }
      if (quiet
          || batch.size() == SyslogSession.MAX_BATCH
          || bytes > SyslogSession.MAX_BATCH_BYTES) {
        append(batch);
        batch = new ArrayList<>();
        bytes = 0;
      }
    }
    append(batch);
  }

  private void append(List<Intake.Document> batch) throws InterruptedException {
    String failure = appending.append(batch, Appending.FOREVER);
    if (failure != null) {
      LOG.error("{} loses {} messages: {}", receiver, batch.size(), failure);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
