package io.tallystick.store.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.PersonalValue;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A personal value in an archive (format.md, Archive), a line of the file {@value #FILE}: {@code ID
 * MEMBER SALT VALUE}, or {@code ID MEMBER -} where it was erased. Immutable.
 *
 * @param member of the entry's {@code personal}, from 0
 */
public record PersonalLine(long id, int member, PersonalValue value) {
  /** The file in an archive. */
  public static final String FILE = "personal";

  /** Longest line without its line feed. */
  public static final int MAX_BYTES = 65_535 + 64;

  private static final String ERASED = "-";

  /** The line, with its line feed. */
  public byte[] toBytes() {
    String place = id + " " + member + " ";
    if (value.isZero()) {
      return (place + ERASED + "\n").getBytes(UTF_8);
    }
    byte[] head = (place + value.saltText() + " ").getBytes(UTF_8);
    byte[] line = Arrays.copyOf(head, head.length + value.value().length + 1);
    System.arraycopy(value.value(), 0, line, head.length, value.value().length);
    line[line.length - 1] = '\n';
    return line;
  }

  /** The value of a line without its line feed; {@code null} if it is none. */
  public static @Nullable PersonalLine of(byte[] line) {
    int[] spaces = spaces(line);
    if (spaces == null) {
      return null;
    }
    try {
      long id = Long.parseLong(text(line, 0, spaces[0]));
      int member = Integer.parseInt(text(line, spaces[0] + 1, spaces[1]));
      String salt = text(line, spaces[1] + 1, spaces[2]);
      PersonalValue value =
          salt.equals(ERASED)
              ? PersonalValue.erased(0)
              : new PersonalValue(
                  Base64.getUrlDecoder().decode(salt),
                  Arrays.copyOfRange(line, Math.min(spaces[2] + 1, line.length), line.length));
      PersonalLine read = new PersonalLine(id, member, value);
      byte[] again = read.toBytes();
      return Arrays.equals(again, 0, again.length - 1, line, 0, line.length) ? read : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Where the three words before the value end. */
  private static int @Nullable [] spaces(byte[] line) {
    int[] spaces = new int[3];
    int found = 0;
    for (int at = 0; at < line.length && found < 3; at++) {
      if (line[at] == ' ') {
        spaces[found++] = at;
      }
    }
    if (found == 2) {
      spaces[found++] = line.length;
    }
    return found == 3 ? spaces : null;
  }

  private static String text(byte[] line, int from, int to) {
    return new String(line, from, to - from, UTF_8);
  }
}
