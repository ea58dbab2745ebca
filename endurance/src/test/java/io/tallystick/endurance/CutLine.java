package io.tallystick.endurance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ServerSocketFactory;
import org.jspecify.annotations.Nullable;

/** A TCP proxy to a server, whose connections can be cut, and which can lead elsewhere. */
final class CutLine implements AutoCloseable {
  private static final long UNLIMITED = Long.MAX_VALUE >> 1;

  private final ServerSocket listener;
  private final AtomicLong requests = new AtomicLong(UNLIMITED);
  private final AtomicLong answers = new AtomicLong(UNLIMITED);
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile @Nullable URI target;

  CutLine() throws IOException {
    this(ServerSocketFactory.getDefault());
  }

  /** One to which clients connect by such sockets, perhaps of TLS. */
  CutLine(ServerSocketFactory sockets) throws IOException {
    listener = sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  void leadTo(String url) {
    target = URI.create(url);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket in = listener.accept();
        Thread.ofVirtual().start(() -> serve(in));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket in) {
    URI to = target;
    try (in;
        Socket out = to == null ? new Socket() : new Socket(to.getHost(), to.getPort())) {
      if (to == null) {
        return;
      }
      open.add(in);
      open.add(out);
      Thread.ofVirtual().start(() -> copy(in, out, requests));
      copy(out, in, answers);
      open.remove(in);
      open.remove(out);
    } catch (IOException e) {
      // Cut, or nobody listens.
    }
  }

  private void copy(Socket from, Socket to, AtomicLong allowed) {
    byte[] buffer = new byte[8_192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        long left = allowed.getAndAdd(-count);
        out.write(buffer, 0, Math.clamp(left, 0, count));
        if (left < count) {
          allowed.set(UNLIMITED);
          cut();
        }
      }
    } catch (IOException e) {
      // Cut.
    }
  }

  /** Resets all connections once so many more bytes of requests have passed. */
  void cutInRequest(int bytes) {
    requests.set(bytes);
  }

  /** Resets all connections once so many more bytes of answers have passed. */
  void cutInAnswer(int bytes) {
    answers.set(bytes);
  }

  /** Resets all connections, whatever is under way. */
  void cut() {
    for (Socket socket : open) {
      try {
        socket.setSoLinger(true, 0);
        socket.close();
      } catch (IOException e) {
        // It is closed already.
      }
    }
    open.clear();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
