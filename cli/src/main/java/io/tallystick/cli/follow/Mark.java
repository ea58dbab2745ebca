package io.tallystick.cli.follow;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.tlog.Sha256;
import java.util.Arrays;

/**
 * How far a file was read, and by what it is known that another one has the same content up to
 * there: how it begins, and what stands before that place. Files often begin alike.
 *
 * @param offset in bytes
 * @param head of the content
 * @param tail SHA-256, in hexadecimal, of the last bytes before the offset, at most {@link
 *     #TAIL_LENGTH}
 */
record Mark(long offset, Head head, String tail) {
  static final int TAIL_LENGTH = 4_096;

  private static final int ID_DIGITS = 20;

  /** Nothing was read. */
  static final Mark START = new Mark(0, Head.EMPTY, tail(new byte[0]));

  /** The hash of the last of these bytes, at most as many as a tail has. */
  static String tail(byte[] bytes) {
    byte[] last = Arrays.copyOfRange(bytes, Math.max(0, bytes.length - TAIL_LENGTH), bytes.length);
    return Sha256.hex(last);
  }

  /** Whether what stands before the offset ends with these bytes. */
  boolean hasTail(byte[] before) {
    return tail.equals(tail(before));
  }

  /** What all content up to here is called: the same for a copy of it. */
  String id() {
    String all = head.sha256() + ":" + offset + ":" + tail;
    byte[] bytes = all.getBytes(UTF_8);
    return Sha256.hex(bytes).substring(0, ID_DIGITS);
  }
}
