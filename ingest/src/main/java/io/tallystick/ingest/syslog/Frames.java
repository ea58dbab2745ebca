package io.tallystick.ingest.syslog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.tlog.Sha256;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a stream (RFC 6587): each with its length before it, or ended by a line break.
 * Every message says by its first byte which it is. Of one that is larger than the limit, the
 * beginning, the length and the hash are kept. Used by one thread.
 */
final class Frames {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int MAX_DIGITS = 9;

  private final BufferedInputStream in;
  private final int maxBytes;
  private boolean cutOff;

  Frames(InputStream in, int maxBytes) {
    this.in = new BufferedInputStream(in, BUFFER_BYTES);
    this.maxBytes = maxBytes;
  }

  /** A stream that is not syslog, so that nobody knows where its next message begins. */
  static final class Malformed extends IOException {
    private static final long serialVersionUID = 1;

    Malformed(String message) {
      super(message);
    }
  }

  /** Whether what follows is in memory already, so that reading it does not wait. */
  boolean isReady() throws IOException {
    return in.available() > 0;
  }

  /** Whether the last message ended because the stream did. */
  boolean isCutOff() {
    return cutOff;
  }

  /**
   * The next message; {@code null} at the end.
   *
   * @throws Malformed if a length is no number
   */
  @Nullable ObjectNode next() throws IOException {
    int first = in.read();
    while (first == '\n' || first == '\r' || first == 0) {
      first = in.read();
    }
    if (first < 0) {
      return null;
    }
    return first >= '1' && first <= '9' ? counted(first) : terminated(first);
  }

  private @Nullable ObjectNode counted(int first) throws IOException {
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
    Message message = new Message();
    for (long left = length; left > 0; left--) {
      int b = in.read();
      if (b < 0) {
        cutOff = true;
        break;
      }
      message.add(b);
    }
    return message.read();
  }

  private ObjectNode terminated(int first) throws IOException {
    Message message = new Message();
    for (int b = first; b != '\n' && b != 0; b = in.read()) {
      if (b < 0) {
        cutOff = true;
        break;
      }
      message.add(b);
    }
    return message.read();
  }

  /** A message as its bytes come. */
  private final class Message {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private @Nullable MessageDigest digest;
    private long length;

    void add(int b) {
      length++;
      if (kept.size() < maxBytes) {
        kept.write(b);
        return;
      }
      if (digest == null) {
        digest = Sha256.newDigest();
        digest.update(kept.toByteArray());
      }
      digest.update((byte) b);
    }

    ObjectNode read() {
      byte[] bytes = kept.toByteArray();
      return digest == null
          ? SyslogMessage.read(bytes)
          : SyslogMessage.stub(bytes, length, HexFormat.of().formatHex(digest.digest()));
    }
  }
}
