package io.tallystick.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Bytes to and from a server, for what no proper client would send. A char is a byte. */
final class Wire {
  private static final int PATIENCE_MILLIS = 20_000;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3}) ");

  private Wire() {}

  static InetSocketAddress address(TestServer server) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port());
  }

  static Socket connect(TestServer server) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  /** Sends the text as it is, and reads until the server closes the connection. */
  static String exchange(TestServer server, String text) throws IOException {
    try (Socket socket = connect(server)) {
      socket.getOutputStream().write(text.getBytes(ISO_8859_1));
      return read(socket);
    }
  }

  /**
   * Sends the text and then its end, and reads what comes of it until the server closes the
   * connection, or breaks it.
   */
  static String exchangeToTheEnd(TestServer server, String text) throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try (Socket socket = connect(server)) {
      try {
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
        socket.shutdownOutput();
      } catch (IOException e) {
        // It answers, and closes, before it has read all.
      }
      for (int b = socket.getInputStream().read(); b >= 0; b = socket.getInputStream().read()) {
        answer.write(b);
      }
    } catch (SocketException e) {
      // A reset, after which nothing more comes.
    }
    return answer.toString(ISO_8859_1);
  }

  static String read(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }

  /** After how many bytes of a header, one each 50 ms, the server closes; 200 if it does not. */
  static int lastsWhileDripping(Socket socket) throws Exception {
    for (int i = 0; i < 200; i++) {
      try {
        socket.getOutputStream().write(i < 13 ? "GET /healthz?".charAt(i) : 'x');
      } catch (SocketException e) {
        return i;
      }
      Thread.sleep(50);
    }
    return 200;
  }

  /** The status of each answer in the text. */
  static List<Integer> statuses(String answers) {
    List<Integer> statuses = new ArrayList<>();
    Matcher matcher = STATUS.matcher(answers);
    while (matcher.find()) {
      statuses.add(Integer.valueOf(matcher.group(1)));
    }
    return statuses;
  }
}
