package io.tallystick.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Sends the same request again and again over a number of connections, the next one on each when
 * the answer to the last has come. It has one thread and parses only the answer's length, so it
 * needs a tenth of the server's processor time.
 */
final class PostLoad {
  private static final String LENGTH = "content-length: ";

  /**
   * The result.
   *
   * @param medianMillis from the request's first byte to the answer's last
   */
  record Result(double eventsPerSecond, double medianMillis, double p99Millis) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%,.0f events/s, median %.2f ms, 99 %% %.2f ms",
          eventsPerSecond,
          medianMillis,
          p99Millis);
    }
  }

  private final ByteBuffer request;
  private final ByteBuffer in = ByteBuffer.allocate(1 << 20);
  private long sentNanos;
  private int answerBytes;

  private PostLoad(byte[] request) {
    this.request = ByteBuffer.wrap(request);
  }

  /** Runs for this long, and counts the answers that came in that time. */
  static Result run(
      InetSocketAddress address, byte[] request, int connections, int events, double seconds)
      throws IOException {
    List<SocketChannel> channels = new ArrayList<>();
    long[] waits = new long[1 << 16];
    int answers = 0;
    long started = System.nanoTime();
    long end = started + (long) (seconds * 1e9);
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < connections; i++) {
        SocketChannel channel = SocketChannel.open(address);
        channels.add(channel);
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        PostLoad load = new PostLoad(request);
        load.sentNanos = System.nanoTime();
        load.write(channel.register(selector, SelectionKey.OP_READ, load));
      }
      while (System.nanoTime() < end) {
        selector.select(100);
        for (SelectionKey key : selector.selectedKeys()) {
          PostLoad load = (PostLoad) key.attachment();
          if (key.isWritable()) {
            load.write(key);
          }
          if (key.isReadable() && load.read(key)) {
            long now = System.nanoTime();
            if (answers == waits.length) {
              waits = Arrays.copyOf(waits, 2 * answers);
            }
            waits[answers++] = now - load.sentNanos;
            load.sentNanos = now;
            load.request.rewind();
            load.write(key);
          }
        }
        selector.selectedKeys().clear();
      }
    } finally {
      for (SocketChannel channel : channels) {
        channel.close();
      }
    }
    if (answers == 0) {
      throw new IOException("the server answered nothing within " + seconds + " seconds");
    }
    long[] sorted = Arrays.copyOf(waits, answers);
    Arrays.sort(sorted);
    return new Result(
        1e9 * answers * events / (System.nanoTime() - started),
        sorted[answers / 2] / 1e6,
        sorted[answers * 99 / 100] / 1e6);
  }

  private void write(SelectionKey key) throws IOException {
    ((SocketChannel) key.channel()).write(request);
    int wanted = request.hasRemaining() ? SelectionKey.OP_WRITE : 0;
    key.interestOps(SelectionKey.OP_READ | wanted);
  }

  /** Whether the whole answer is there. */
  private boolean read(SelectionKey key) throws IOException {
    if (((SocketChannel) key.channel()).read(in) < 0) {
      throw new IOException("the server closed a connection");
    }
    if (answerBytes == 0) {
      String answer = new String(in.array(), 0, Math.min(in.position(), 2_048), ISO_8859_1);
      int bodyStart = answer.indexOf("\r\n\r\n") + 4;
      if (bodyStart < 4) {
        return false;
      }
      if (!answer.startsWith("HTTP/1.1 201 ")) {
        throw new IOException("the server answered " + answer);
      }
      int length = answer.toLowerCase(Locale.ROOT).indexOf(LENGTH);
      answerBytes = length < 0 || length > bodyStart ? -1 : bodyStart + number(answer, length);
    }
    // Without a length the body ends with the last, empty chunk.
    boolean whole =
        answerBytes < 0
            ? new String(in.array(), in.position() - 5, 5, ISO_8859_1).equals("0\r\n\r\n")
            : in.position() == answerBytes;
    if (whole) {
      in.clear();
      answerBytes = 0;
    }
    return whole;
  }

  private static int number(String answer, int length) {
    int from = length + LENGTH.length();
    return Integer.parseInt(answer.substring(from, answer.indexOf('\r', from)));
  }
}
