package io.tallystick.cli.follow;

import io.tallystick.tlog.Sha256;
import java.util.Arrays;

/**
 * The beginning of a file, by which what is in it is known again: in a copy, or after it was
 * truncated and written anew.
 *
 * @param length in bytes, at most {@link #MAX_LENGTH}
 * @param sha256 in hexadecimal
 */
record Head(int length, String sha256) {
  static final int MAX_LENGTH = 1_024;

  static final Head EMPTY = of(new byte[0], 0);

  /** That of so many bytes of these. */
  static Head of(byte[] bytes, int length) {
    return new Head(length, Sha256.hex(Arrays.copyOf(bytes, length)));
  }

  /** Whether something that begins with these bytes begins like this. */
  boolean matches(byte[] beginning) {
    return beginning.length >= length && of(beginning, length).equals(this);
  }
}
