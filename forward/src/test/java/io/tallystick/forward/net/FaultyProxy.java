package io.tallystick.forward.net;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A network in front of a receiver. Each connection has the next fault, until there is none. */
public final class FaultyProxy implements AutoCloseable {
  /** What happens to a connection. */
  public enum Kind {
    /** It breaks in the middle of what is sent. */
    CUT_REQUEST,
    /** It breaks in the middle of what is answered; the receiver has what was sent. */
    CUT_ANSWER,
    /** Nothing arrives any more, from the middle of what is sent on, and nobody says so. */
    STALL_REQUEST,
    /** Nothing arrives at all. */
    BLACK_HOLE
  }

  /**
   * A fault.
   *
   * @param afterBytes in that direction
   */
  public record Fault(Kind kind, int afterBytes) {}

  private final int target;
  private final ServerSocket server;

  @GuardedBy("this")
  private final Deque<Fault> faults;

  @GuardedBy("this")
  private final List<Socket> open = new ArrayList<>();

  @GuardedBy("this")
  private int connections;

  @GuardedBy("this")
  private int faulty;

  /**
   * @param target port of the receiver on this machine
   */
  public FaultyProxy(int target, List<Fault> faults) throws IOException {
    this.target = target;
    this.faults = new ArrayDeque<>(faults);
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    var _ = Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** How many connections there were. */
  public synchronized int connections() {
    return connections;
  }

  /** How many of them had a fault. */
  public synchronized int faults() {
    return faulty;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        Fault fault;
        synchronized (this) {
          connections++;
          open.add(client);
          fault = faults.poll();
          faulty += fault == null ? 0 : 1;
        }
        if (fault == null || fault.kind() != Kind.BLACK_HOLE) {
          connect(client, fault);
        }
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  private void connect(Socket client, @Nullable Fault fault) {
    try {
      Socket receiver = new Socket(InetAddress.getLoopbackAddress(), target);
      synchronized (this) {
        open.add(receiver);
      }
      Kind kind = fault == null ? null : fault.kind();
      int bytes = fault == null ? 0 : fault.afterBytes();
      boolean forth = kind == Kind.CUT_REQUEST || kind == Kind.STALL_REQUEST;
      pump(client, receiver, forth ? bytes : Long.MAX_VALUE, kind == Kind.STALL_REQUEST);
      pump(receiver, client, kind == Kind.CUT_ANSWER ? bytes : Long.MAX_VALUE, false);
    } catch (IOException e) {
      reset(client);
    }
  }

  private static void pump(Socket from, Socket to, long most, boolean stall) {
    var _ =
        Thread.ofVirtual()
            .start(() -> {
              try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                byte[] buffer = new byte[4 << 10];
                long left = most;
                while (left > 0) {
                  int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                  if (read < 0) {
                    to.shutdownOutput();
                    return;
                  }
                  out.write(buffer, 0, read);
                  left -= read;
                }
                if (stall) {
                  return;
                }
              } catch (IOException e) {
                // The other end is gone, and so is this one.
              }
              reset(from);
              reset(to);
            });
  }

  /** Without a goodbye, as by a router that lost its state. */
  private static void reset(Socket socket) {
    try (Closeable _ = socket) {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // It is closed already.
    }
  }

  /** No faults any more; connections that hang break. */
  public void calm() {
    List<Socket> hanging;
    synchronized (this) {
      faults.clear();
      hanging = List.copyOf(open);
      open.clear();
    }
    hanging.forEach(FaultyProxy::reset);
  }

  @Override
  public void close() throws IOException {
    server.close();
    calm();
  }
}
