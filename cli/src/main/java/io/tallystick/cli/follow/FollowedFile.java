package io.tallystick.cli.follow;

import io.tallystick.ingest.backfill.Lines;
import io.tallystick.ingest.backfill.SourceRecord;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file that is open and stays so when it is renamed or deleted, and how far it was read. Used by
 * one thread.
 */
final class FollowedFile implements Closeable {
  private static final int MAX_LINES = 1_000;
  private static final int MAX_BYTES = 2 << 20;

  /**
   * A line.
   *
   * @param offset where it begins
   */
  record Line(SourceRecord.Content content, long offset) {}

  /**
   * Lines that follow each other.
   *
   * @param end behind the last one
   */
  record Chunk(List<Line> lines, long end) {}

  /** So much of what was read last is kept, to know a copy that was made before it came. */
  private static final int RECENT_BYTES = 1 << 16;

  private final FileChannel channel;
  private FollowState.Position position;
  private byte[] recent = new byte[0];
  private byte[] nextRecent = new byte[0];
  private Mark nextMark = Mark.START;

  private FollowedFile(FileChannel channel, FollowState.Position position) {
    this.channel = channel;
    this.position = position;
  }

  static FollowedFile open(Path path, FollowState.Position position) throws IOException {
    return new FollowedFile(FileChannel.open(path, StandardOpenOption.READ), position);
  }

  /** What is known of it. */
  FollowState.Position position() {
    return position;
  }

  /** The bytes between two places, or as many of them as there are. */
  private byte[] bytes(long from, long to) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) (to - from));
    int read = 0;
    while (read >= 0 && bytes.hasRemaining()) {
      read = channel.read(bytes, from + bytes.position());
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /** Whether it still has what was read of it. */
  boolean isIntact() throws IOException {
    return has(position.mark());
  }

  /** Whether it begins with all that the mark stands for. */
  boolean has(Mark mark) throws IOException {
    return channel.size() >= mark.offset()
        && mark.head().matches(bytes(0, Head.MAX_LENGTH))
        && mark.hasTail(bytes(Math.max(0, mark.offset() - Mark.TAIL_LENGTH), mark.offset()));
  }

  /**
   * Whether this marks the end of a copy that was made just before what was read last was written.
   */
  boolean hadEnd(Mark end) {
    long missing = position.offset() - end.offset();
    int length = recent.length - (int) Math.min(Math.max(missing, 0), recent.length);
    return missing >= 0
        && length >= Math.min(end.offset(), Mark.TAIL_LENGTH)
        && end.hasTail(Arrays.copyOf(recent, length));
  }

  /**
   * The lines that come next; none if there are none yet.
   *
   * @param last whether what has no line break is a line too
   * @return {@code null} if the file was truncated, so that nothing was read
   */
  @Nullable Chunk next(boolean last) throws IOException {
    byte[] beginning = bytes(0, Head.MAX_LENGTH);
    if (!isIntact()) {
      return null;
    }
    Chunk chunk = lines(new Lines(new Rest()), position.offset(), last);
    nextRecent = bytes(Math.max(0, chunk.end() - RECENT_BYTES), chunk.end());
    // Truncated and written while it was read, the bytes would be from the middle of something
    // else.
    byte[] after = bytes(0, Head.MAX_LENGTH);
    boolean same =
        isIntact()
            && after.length >= beginning.length
            && Arrays.equals(beginning, Arrays.copyOf(after, beginning.length));
    if (!same || channel.size() < chunk.end()) {
      return null;
    }
    Head head = Head.of(after, (int) Math.min(after.length, chunk.end()));
    nextMark = new Mark(chunk.end(), head, Mark.tail(nextRecent));
    return chunk;
  }

  /**
   * The next lines of those that begin at this offset.
   *
   * @param last whether what has no line break is a line too
   */
  static Chunk lines(Lines lines, long from, boolean last) throws IOException {
    List<Line> read = new ArrayList<>();
    long begin = lines.offset();
    long at = begin;
    while (read.size() < MAX_LINES && at - begin < MAX_BYTES) {
      SourceRecord.Content line = lines.next(last);
      if (line == null) {
        break;
      }
      read.add(new Line(line, from + at));
      at = lines.offset();
    }
    return new Chunk(read, from + at);
  }

  /** The log has the lines that came last. */
  void appended() {
    position = new FollowState.Position(position.id(), position.key(), nextMark);
    recent = nextRecent;
  }

  /** What is written into it from now on is something else, from the beginning. */
  void restart(String id) {
    position = new FollowState.Position(id, position.key(), Mark.START);
    recent = new byte[0];
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** The file from the position on, as far as it goes now. */
  private final class Rest extends InputStream {
    private final long end;
    private long at = position.offset();

    Rest() throws IOException {
      this.end = channel.size();
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int count = (int) Math.min(length, end - at);
      int read = count <= 0 ? -1 : channel.read(ByteBuffer.wrap(bytes, from, count), at);
      at += Math.max(read, 0);
      return read;
    }
  }
}
