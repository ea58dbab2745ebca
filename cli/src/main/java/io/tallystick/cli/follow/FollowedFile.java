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
   * @param head of the file they are from, as far as it is read with them
   */
  record Chunk(List<Line> lines, long end, Head head) {}

  private final FileChannel channel;
  private FollowState.Position position;

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

  /** Its first bytes, at most as many as a head has. */
  byte[] beginning() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Head.MAX_LENGTH);
    int read = 0;
    while (read >= 0 && bytes.hasRemaining()) {
      read = channel.read(bytes, bytes.position());
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private boolean isIntact(byte[] beginning) throws IOException {
    return channel.size() >= position.offset() && position.head().matches(beginning);
  }

  /**
   * The lines that come next; none if there are none yet.
   *
   * @param last whether what has no line break is a line too
   * @return {@code null} if the file was truncated, so that nothing was read
   */
  @Nullable Chunk next(boolean last) throws IOException {
    byte[] before = beginning();
    if (!isIntact(before)) {
      return null;
    }
    Chunk chunk = lines(new Lines(new Rest()), position.offset(), last);
    // Truncated and written while it was read, the bytes would be from the middle of something
    // else.
    byte[] after = beginning();
    boolean same =
        isIntact(after)
            && after.length >= before.length
            && Arrays.equals(before, Arrays.copyOf(after, before.length));
    if (!same || channel.size() < chunk.end()) {
      return null;
    }
    int length = (int) Math.min(after.length, chunk.end());
    return new Chunk(chunk.lines(), chunk.end(), Head.of(after, length));
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
    return new Chunk(read, from + at, Head.EMPTY);
  }

  /** The log has these lines. */
  void appended(Chunk chunk) {
    position = new FollowState.Position(position.id(), position.key(), chunk.end(), chunk.head());
  }

  /** What is written into it from now on is something else, from the beginning. */
  void restart(String id) {
    position = new FollowState.Position(id, position.key(), 0, Head.EMPTY);
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
