package io.tallystick.store.segment;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One Chronicle Queue cycle file, opened and read without Chronicle. Safe for any number of
 * threads.
 *
 * <p>The file is a sequence of documents from offset 0, each padded to four bytes:
 *
 * <pre>
 *   u32 little-endian header                                     then the payload
 *   bits 0-29 length | bit 30 metadata | bit 31 not complete
 *   0 = nothing written yet      0xC0000000 = end of the file, the log continues in the next
 * </pre>
 *
 * Metadata documents are Chronicle's own (its header and its index, see {@link ExcerptIndex}).
 * Every other document is a {@link Block}.
 */
public final class SegmentFile implements Closeable {
  public static final int HEADER_BYTES = 4;
  static final int LENGTH_MASK = 0x3FFF_FFFF;
  static final int METADATA = 0x4000_0000;
  static final int NOT_COMPLETE = 0x8000_0000;
  static final int END_OF_FILE = 0xC000_0000;

  /** File name extension of segments. */
  public static final String SUFFIX = ".cq4";

  private final Path path;
  private final FileChannel channel;

  private SegmentFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Opens the file for reading. */
  public static SegmentFile open(Path path) throws IOException {
    return new SegmentFile(path, FileChannel.open(path, StandardOpenOption.READ));
  }

  Path path() {
    return path;
  }

  String name() {
    return String.valueOf(path.getFileName());
  }

  public long size() throws IOException {
    return channel.size();
  }

  /**
   * Reads up to {@code length} bytes at {@code position}.
   *
   * @return number of bytes read, fewer at the end of the file
   */
  public int read(long position, byte[] target, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(target, offset, length);
    while (buffer.hasRemaining()) {
      int n = channel.read(buffer, position + length - buffer.remaining());
      if (n < 0) {
        break;
      }
    }
    return length - buffer.remaining();
  }

  /** Offset of the header after a document of {@code length} bytes at {@code position}. */
  static long after(long position, int length) {
    return position + HEADER_BYTES + ((length + 3L) & ~3L);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
