package io.tallystick.endurance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One client that tries to keep others from the log, from an address of its own. Speaks HTTP
 * through sockets, for it does what no HTTP library would do. Safe for several threads.
 */
final class Attacker implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final int port;
  private final String from;
  private final String key;

  /** Connections that are left open, the oldest first. */
  private final Deque<Socket> open = new ArrayDeque<>();

  /** Connections on which an answer is read that may be as long as the log. */
  private final Set<Socket> reading = ConcurrentHashMap.newKeySet();

  /** How often each attack was answered how; 0 is no answer. */
  private final Map<String, Map<Integer, AtomicLong>> answers = new ConcurrentHashMap<>();

  /**
   * @param from the address it comes from, one of this machine's
   * @param key its API key; empty for a stranger
   */
  Attacker(int port, String from, String key) {
    this.port = port;
    this.from = from;
    this.key = key;
  }

  /** Reads the whole answer, or until this is closed; what it says does not matter. */
  void get(String path) {
    try (Socket socket = connect()) {
      reading.add(socket);
      try {
        send(socket, "GET", path, "", "");
        count(path, status(socket.getInputStream()));
        socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      } finally {
        reading.remove(socket);
      }
    } catch (IOException e) {
      count(path, 0);
    }
  }

  /** Reads a little of the answer and stops, so that the server cannot send the rest. */
  void getSlowly(String path) throws InterruptedException {
    try (Socket socket = connect()) {
      socket.setReceiveBufferSize(4 << 10);
      send(socket, "GET", path, "", "");
      int status = status(socket.getInputStream());
      count(path, status);
      for (int i = 0; i < 20 && status == 200 && socket.getInputStream().read() >= 0; i++) {
        Thread.sleep(200);
      }
    } catch (IOException e) {
      count(path, 0);
    }
  }

  /** Asks and goes away. */
  void askAndLeave(String method, String path) {
    try (Socket socket = connect()) {
      send(socket, method, path, "", "");
      count(method + " " + path + ", gone", 1);
    } catch (IOException e) {
      count(method + " " + path + ", gone", 0);
    }
  }

  void post(String path, String contentType, String body) {
    try (Socket socket = connect()) {
      send(socket, "POST", path, "Content-Type: " + contentType + "\r\n", body);
      count("POST " + path, status(socket.getInputStream()));
    } catch (IOException e) {
      count("POST " + path, 0);
    }
  }

  /** Signs in as a browser would, and does nothing with the session. */
  void signIn() {
    post("/api/session", "application/json", "{\"key\":\"" + key + "\"}");
  }

  /** Leaves a request open whose body is mostly missing. */
  void postHalf(String path, int declaredBytes, int sentBytes) {
    leaveOpen(
        "half of a body",
        "POST "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nX-API-Key: "
            + key
            + "\r\nContent-Type: application/x-ndjson\r\nContent-Length: "
            + declaredBytes
            + "\r\n\r\n"
            + "x".repeat(sentBytes));
  }

  /** Leaves a request open whose answer has no end. */
  void follow(String path) {
    leaveOpen(
        "follow", "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + key + "\r\n\r\n");
  }

  /** Leaves a connection open that says this and no more. */
  void leaveOpen(String attack, String said) {
    try {
      Socket socket = connect();
      synchronized (open) {
        open.addLast(socket);
      }
      socket.getOutputStream().write(said.getBytes(US_ASCII));
      count(attack + ", left open", 1);
    } catch (IOException e) {
      count(attack + ", left open", 0);
    }
  }

  /** Closes the oldest connections that were left open, until there are so many. */
  void closeAllBut(int kept) {
    synchronized (open) {
      while (open.size() > kept) {
        closeQuietly(open.removeFirst());
      }
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // The server closed it first.
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    try {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.bind(new InetSocketAddress(from, 0));
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void send(Socket socket, String method, String path, String headers, String body)
      throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    String head =
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + (key.isEmpty() ? "" : "X-API-Key: " + key + "\r\n")
            + headers
            + (method.equals("POST") ? "Content-Length: " + bytes.length + "\r\n" : "")
            + "\r\n";
    socket.getOutputStream().write(head.getBytes(US_ASCII));
    socket.getOutputStream().write(bytes);
  }

  /** The status of an answer; 0 if the connection was closed before. */
  private static int status(InputStream in) throws IOException {
    String line = new String(in.readNBytes("HTTP/1.1 200".length()), US_ASCII);
    return line.length() < 12 ? 0 : Integer.parseInt(line.substring(9));
  }

  private void count(String attack, int answer) {
    answers
        .computeIfAbsent(attack.replaceAll("[?].*", ""), any -> new ConcurrentSkipListMap<>())
        .computeIfAbsent(answer, any -> new AtomicLong())
        .incrementAndGet();
  }

  /** What was tried, and how often it was answered how. */
  @Override
  public String toString() {
    return from + " " + answers;
  }

  @Override
  public void close() {
    closeAllBut(0);
    reading.forEach(Attacker::closeQuietly);
  }
}
