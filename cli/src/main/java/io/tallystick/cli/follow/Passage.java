package io.tallystick.cli.follow;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Moves through content from its beginning, and sees what stands before each place. */
final class Passage implements Closeable {
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final byte[] beginning;
  private byte[] before;
  private long at;

  /** Owns the content. */
  Passage(InputStream in) throws IOException {
    this.in = in;
    this.beginning = in.readNBytes(Head.MAX_LENGTH);
    this.before = beginning;
    this.at = beginning.length;
  }

  /** The first bytes, as many as a head has if there are so many. */
  byte[] beginning() {
    return beginning;
  }

  /**
   * Whether the content up to the mark is that of the mark. Marks have to be asked for in the order
   * of their offsets.
   */
  boolean has(Mark mark) throws IOException {
    return mark.head().matches(beginning) && moveTo(mark.offset()) && mark.hasTail(before(mark));
  }

  private byte[] before(Mark mark) {
    // One that is not behind the beginning.
    return at > mark.offset() ? Arrays.copyOf(beginning, (int) mark.offset()) : before;
  }

  /** Gives whether there is so much. */
  private boolean moveTo(long offset) throws IOException {
    if (offset <= at) {
      return true;
    }
    long far = offset - at - Mark.TAIL_LENGTH;
    if (far > 0) {
      try {
        in.skipNBytes(far);
      } catch (EOFException e) {
        return false;
      }
      at += far;
      before = new byte[0];
    }
    byte[] read = in.readNBytes((int) (offset - at));
    at += read.length;
    before = last(before, read, read.length);
    return at == offset;
  }

  /** What marks the end of the content; {@code null} if it is empty. */
  @Nullable Mark end() throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      at += read;
      before = last(before, buffer, read);
    }
    return at == 0 ? null : new Mark(at, Head.of(beginning, beginning.length), Mark.tail(before));
  }

  /** The last bytes of some and so many others, as many as a tail has. */
  private static byte[] last(byte[] some, byte[] others, int length) {
    int kept = Math.min(some.length, Math.max(0, Mark.TAIL_LENGTH - length));
    byte[] all = Arrays.copyOfRange(some, some.length - kept, some.length - kept + kept + length);
    System.arraycopy(others, 0, all, kept, length);
    return Arrays.copyOfRange(all, Math.max(0, all.length - Mark.TAIL_LENGTH), all.length);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
