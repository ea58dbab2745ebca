package io.tallystick.ingest.backfill;

import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a stream, however long they are: of one that is longer than {@link #MAX_BYTES}, the
 * beginning, the length and the hash are kept. A line ends with LF or CRLF. Used by one thread.
 */
public final class Lines {
  /** Longest line that is kept as a whole. */
  public static final int MAX_BYTES = 1 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int from;
  private int to;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private @Nullable MessageDigest digest;
  private long length;
  private long offset;
  private long number;

  public Lines(InputStream in) {
    this.in = in;
  }

  /**
   * The next line without its end; {@code null} if there is none.
   *
   * @param last whether what stands behind the last line's end is a line too: otherwise more of it
   *     may come, and a later call goes on with it
   */
  public SourceRecord.@Nullable Content next(boolean last) throws IOException {
    while (true) {
      for (int i = from; i < to; i++) {
        if (buffer[i] == '\n') {
          append(i - from);
          from = i + 1;
          offset += 1;
          return line();
        }
      }
      append(to - from);
      from = 0;
      to = 0;
      int read = in.read(buffer);
      if (read < 0) {
        return last && length > 0 ? line() : null;
      }
      to = read;
    }
  }

  /** Bytes up to the end of the last line, its line break included. */
  public long offset() {
    return offset;
  }

  /** Number of the last line, from 1. */
  public long number() {
    return number;
  }

  /** Bytes of a line that has no end yet. */
  public long pending() {
    return length;
  }

  private void append(int count) {
    int room = MAX_BYTES - kept.size();
    MessageDigest hash = digest;
    if (hash == null && count > room) {
      hash = Sha256.newDigest();
      hash.update(kept.toByteArray());
      digest = hash;
    }
    if (hash != null) {
      hash.update(buffer, from, count);
    }
    kept.write(buffer, from, Math.min(count, room));
    length += count;
  }

  private SourceRecord.Content line() {
    number++;
    offset += length;
    byte[] bytes = kept.toByteArray();
    MessageDigest hash = digest;
    SourceRecord.Content line;
    if (hash != null) {
      line = new SourceRecord.Oversized(bytes, length, HexFormat.of().formatHex(hash.digest()));
    } else {
      boolean crlf = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
      line = new SourceRecord.Line(crlf ? Arrays.copyOf(bytes, bytes.length - 1) : bytes);
    }
    kept.reset();
    digest = null;
    length = 0;
    return line;
  }

  /** Whether a line has nothing in it but white space. */
  public static boolean isBlank(SourceRecord.Content line) {
    if (!(line instanceof SourceRecord.Line whole)) {
      return false;
    }
    for (byte b : whole.bytes()) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }
}
