package io.tallystick.http.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Expands gzip (RFC 1952) as it arrives, of one member or several. Unlike the JDK's stream, it
 * fails if anything but a whole member follows a member, so that no part of a body is dropped
 * unseen. Holds a few kilobytes, however much it expands to. Used by one thread.
 */
final class GzipStream extends BulkStream {
  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private final InputStream compressed;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[4 << 10];
  private int position;
  private int end;
  private boolean inMember;

  /**
   * @param compressed not closed by this stream
   */
  GzipStream(InputStream compressed) {
    this.compressed = compressed;
  }

  /**
   * The next expanded bytes.
   *
   * @throws ZipException if this is not gzip, or damaged
   * @throws EOFException if it ends within a member
   */
  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (inMember || beginMember()) {
      int expanded = inflate(target, offset, length);
      if (inflater.finished()) {
        endMember();
      } else if (expanded == 0) {
        if (inflater.needsDictionary()) {
          throw new ZipException("a preset dictionary is not part of gzip");
        }
        require(more());
        giveInput();
      }
      if (expanded > 0) {
        return expanded;
      }
    }
    return -1;
  }

  private int inflate(byte[] target, int offset, int length) throws ZipException {
    try {
      int expanded = inflater.inflate(target, offset, length);
      crc.update(target, offset, expanded);
      return expanded;
    } catch (DataFormatException e) {
      ZipException damaged = new ZipException("damaged");
      damaged.initCause(e);
      throw damaged;
    }
  }

  /** Reads the header of a member; {@code false} at the end. */
  private boolean beginMember() throws IOException {
    if (position == end && !more()) {
      return false;
    }
    if (next() != 0x1f || next() != 0x8b || next() != 8) {
      throw new ZipException("no gzip header");
    }
    int flags = next();
    if ((flags & RESERVED) != 0) {
      throw new ZipException("unknown flags");
    }
    skip(6);
    if ((flags & EXTRA) != 0) {
      skip(next() | next() << 8);
    }
    for (int text : new int[] {NAME, COMMENT}) {
      while ((flags & text) != 0 && next() != 0) {
        // Up to its NUL.
      }
    }
    skip((flags & HEADER_CRC) != 0 ? 2 : 0);
    inflater.reset();
    crc.reset();
    giveInput();
    inMember = true;
    return true;
  }

  private void endMember() throws IOException {
    position = end - inflater.getRemaining();
    if (number() != crc.getValue() || number() != (inflater.getBytesWritten() & 0xffff_ffffL)) {
      throw new ZipException("wrong checksum or length");
    }
    inMember = false;
  }

  /** Gives the inflater what is buffered; {@link #endMember} takes back what it leaves. */
  private void giveInput() {
    inflater.setInput(buffer, position, end - position);
    position = end;
  }

  private boolean more() throws IOException {
    int read = compressed.read(buffer, 0, buffer.length);
    position = 0;
    end = Math.max(0, read);
    return read > 0;
  }

  private int next() throws IOException {
    require(position < end || more());
    return buffer[position++] & 0xff;
  }

  private long number() throws IOException {
    return next() | next() << 8 | next() << 16 | (long) next() << 24;
  }

  private void skip(int bytes) throws IOException {
    for (int i = 0; i < bytes; i++) {
      next();
    }
  }

  private static void require(boolean more) throws EOFException {
    if (!more) {
      throw new EOFException("ends within a gzip member");
    }
  }

  /** Frees the native memory. */
  @Override
  public void close() {
    inflater.end();
  }
}
