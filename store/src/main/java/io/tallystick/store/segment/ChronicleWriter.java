package io.tallystick.store.segment;

import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.files.SinglePages;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.MappedBytes;
import net.openhft.chronicle.core.Jvm;
import net.openhft.chronicle.core.onoes.NullExceptionHandler;
import net.openhft.chronicle.core.onoes.Slf4jExceptionHandler;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.jspecify.annotations.Nullable;

/**
 * Appends blocks to the segments through Chronicle Queue. The only class that uses Chronicle.
 * Confined to the sequencer thread.
 *
 * <p>Chronicle writes headers, its index and the roll to the next file through mapped memory. The
 * block itself, which is nearly all of the bytes, goes into the place that Chronicle reserved with
 * a positional write on a channel of our own: the kernel fills whole pages without a page fault for
 * each, and a full disk or a broken device causes an {@link IOException} before the block counts,
 * not a signal that ends the process. Sixteen zeros follow each block, so that the place of the
 * next header has its page already.
 */
public final class ChronicleWriter implements AutoCloseable {
  private static final long BLOCK_SIZE = 64L << 20;

  /** Chronicle's table of segments, which it recreates when it is missing. */
  public static final String TABLE = "metadata.cq4t";

  /** Chronicle's name for the cycle up to which all segments have their end mark. */
  private static final String ENDS_MARKED_TO = "normalisedEOFsTo";

  static {
    Jvm.setExceptionHandlers(
        Slf4jExceptionHandler.ERROR,
        Slf4jExceptionHandler.WARN,
        NullExceptionHandler.NOTHING,
        NullExceptionHandler.NOTHING);
  }

  /** The time that one segment covers. */
  public static final Duration SEGMENT = Duration.ofHours(1);

  private final Path directory;
  private final SingleChronicleQueue queue;
  private final ExcerptAppender appender;
  private long timeMillis;
  private @Nullable WritableSegment current;
  private @Nullable SinglePages ahead;

  private ChronicleWriter(Path segments, long floorMillis) throws IOException {
    this.directory = segments;
    this.timeMillis = floorMillis;
    queue =
        SingleChronicleQueueBuilder.binary(segments.toFile())
            .rollCycle(RollCycles.FAST_HOURLY)
            .blockSize(BLOCK_SIZE)
            .timeProvider(() -> timeMillis)
            .build();
    if (queue.lastCycle() >= queue.firstCycle()) {
      // Otherwise Chronicle maps every segment to check for its end mark.
      queue.tableStorePut(ENDS_MARKED_TO, queue.lastCycle());
    }
    appender = queue.createAppender();
    appender.singleThreadedCheckDisabled(true);
    OwnerOnly.restrict(segments.resolve(TABLE));
  }

  /**
   * Opens the segments for appending, after recovery removed unfinished blocks.
   *
   * @param floorMillis earliest time of a segment that is written, in milliseconds since 1970
   */
  public static ChronicleWriter open(Path segments, long floorMillis) throws LogException {
    try {
      return new ChronicleWriter(segments, floorMillis);
    } catch (IOException | RuntimeException | Error e) {
      throw new LogException.Stopped(
          "can't write to "
              + segments
              + "; check that Java runs with the options in jvm.options: "
              + e,
          e);
    }
  }

  /** Start of the hour in a segment's name, in milliseconds since 1970. */
  public static long startMillis(String segmentName) {
    String cycle = segmentName.substring(0, segmentName.length() - SegmentFile.SUFFIX.length());
    LocalDateTime start =
        LocalDateTime.parse(
            cycle.substring(0, cycle.length() - 1) + "00F",
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmm'F'"));
    return start.toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  /** Whether a block of this time begins a new segment. */
  public boolean beginsSegment(long nanos) {
    return hour(millis(nanos)) != hour(timeMillis);
  }

  /** The time under which a block is written, which is never before the last one's. */
  private long millis(long nanos) {
    return Math.max(timeMillis, Math.floorDiv(nanos, 1_000_000L));
  }

  private static long hour(long millis) {
    return Math.floorDiv(millis, SEGMENT.toMillis());
  }

  /**
   * Writes one block. When this returns, the operating system has the block; when it throws, no
   * reader will ever see it.
   *
   * @param block the block, followed by {@link BlockBuilder#TRAILING_ZEROS} zeros
   * @param nanos time of the block's first entry, which determines the segment
   * @throws NoSpaceException if there is no room; the next call may succeed
   */
  public Written append(ByteBuffer block, long nanos) throws IOException {
    if (beginsSegment(nanos)) {
      // Chronicle can't go on after it failed to create a segment.
      AtomicFile.checkRoom(directory);
    }
    timeMillis = millis(nanos);
    int length = block.remaining() - BlockBuilder.TRAILING_ZEROS;
    try (DocumentContext document = appender.writingDocument()) {
      Bytes<?> bytes = document.wire().bytes();
      long start = bytes.writePosition();
      try {
        WritableSegment segment = segmentOf((MappedBytes) bytes);
        prepare(start);
        write(segment, block, start);
        bytes.writeSkip(length);
        return new Written(segment, start - SegmentFile.HEADER_BYTES, length);
      } catch (IOException | RuntimeException | Error e) {
        document.rollbackOnClose();
        throw e;
      }
    }
  }

  private WritableSegment segmentOf(MappedBytes bytes) throws IOException {
    Path file = bytes.mappedFile().file().toPath();
    if (current == null || !current.path().equals(file)) {
      closeAhead();
      current = new WritableSegment(directory, file);
      ahead = new SinglePages(file);
    }
    return current;
  }

  private void prepare(long position) throws IOException {
    SinglePages pages = ahead;
    if (pages != null) {
      pages.from(position);
    }
  }

  private void closeAhead() {
    SinglePages pages = ahead;
    ahead = null;
    if (pages != null) {
      pages.close();
    }
  }

  private static void write(WritableSegment segment, ByteBuffer block, long position)
      throws IOException {
    FileChannel channel = segment.channel();
    long at = position;
    try {
      while (block.hasRemaining()) {
        at += channel.write(block, at);
      }
    } catch (IOException e) {
      ByteBuffer zeros = ByteBuffer.allocate((int) (at - position));
      while (zeros.hasRemaining()) {
        channel.write(zeros, position + zeros.position());
      }
      throw NoSpaceException.orElse(e, segment.path(), at - position + block.remaining());
    }
  }

  @Override
  public void close() {
    appender.close();
    queue.close();
    closeAhead();
  }

  /** A segment that is being written: its path, and a channel that stays open meanwhile. */
  public static final class WritableSegment {
    private final Path directory;
    private final Path path;
    private final FileChannel channel;

    public WritableSegment(Path directory, Path path) throws IOException {
      this.directory = directory;
      this.path = path;
      // Chronicle creates files with whatever mode the process's umask leaves.
      OwnerOnly.restrict(path);
      this.channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** The directory of the file. */
    public Path directory() {
      return directory;
    }

    public Path path() {
      return path;
    }

    public FileChannel channel() {
      return channel;
    }
  }

  /** The place of a written block. */
  public record Written(WritableSegment segment, long position, int length) {}
}
