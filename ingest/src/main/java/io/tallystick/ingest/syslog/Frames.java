package io.tallystick.ingest.syslog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a stream (RFC 6587): each with its length before it, or ended by a line break.
 * Every message says by its first byte which it is. One of which the stream brought only a part is
 * a message too, and says so: {@code truncated} if that is certain, or {@code unterminated} if only
 * the line break is missing, which some senders leave out at the end. Used by one thread.
 */
final class Frames {
  private static final int MAX_DIGITS = 9;

  private final Incoming in;
  private final int maxBytes;
  private long kept;

  Frames(Incoming in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /** A stream that is not syslog, so that nobody knows where its next message begins. */
  static final class Malformed extends IOException {
    private static final long serialVersionUID = 1;

    Malformed(String message) {
      super(message);
    }
  }

  /** Bytes of all messages so far, as far as they were kept. */
  long kept() {
    return kept;
  }

  /**
   * The next message; {@code null} at the end.
   *
   * @throws Malformed if a length is no number
   * @throws IOException if the connection broke
   */
  @Nullable ObjectNode next() throws IOException, InterruptedException {
    int first = in.read();
    while (first == '\n' || first == '\r' || first == 0) {
      first = in.read();
    }
    if (first < 0) {
      in.checkEnded();
      return null;
    }
    return first >= '1' && first <= '9' ? counted(first) : terminated(first);
  }

  private ObjectNode counted(int first) throws IOException, InterruptedException {
    long length = (long) first - '0';
    for (int digits = 1; ; digits++) {
      int b = in.read();
      if (b == ' ') {
        break;
      }
      if (b < '0' || b > '9' || digits == MAX_DIGITS) {
        throw new Malformed(
            "a message must begin with < or with its length, a number of at most "
                + MAX_DIGITS
                + " digits and a space");
      }
      length = length * 10 + b - '0';
    }
    MessageBytes bytes = new MessageBytes(maxBytes);
    while (bytes.length() < length) {
      int b = in.read();
      if (b < 0) {
        return message(bytes)
            .put("truncated", true)
            .put("bytes", length)
            .put("bytes_received", bytes.length());
      }
      bytes.add(b);
    }
    return message(bytes);
  }

  private ObjectNode terminated(int first) throws IOException, InterruptedException {
    MessageBytes bytes = new MessageBytes(maxBytes);
    for (int b = first; b != '\n' && b != 0; b = in.read()) {
      if (b < 0) {
        return message(bytes).put(in.failure() == null ? "unterminated" : "truncated", true);
      }
      bytes.add(b);
    }
    return message(bytes);
  }

  private ObjectNode message(MessageBytes bytes) {
    kept += bytes.kept();
    return bytes.message();
  }
}
