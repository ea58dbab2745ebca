package io.tallystick.forward.file;

import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.files.OwnerOnly;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends to a file, which is created for its owner alone. A file that somebody moved away is begun
 * anew. Used by one thread.
 */
final class FileSink implements Sink {
  private static final Logger LOG = LoggerFactory.getLogger(FileSink.class);
  private static final int CHUNK_BYTES = 64 << 10;

  private final FileSeries files;
  private final long rotateBytes;
  private @Nullable FileChannel channel;
  private @Nullable Object key;

  FileSink(FileSeries files, long rotateBytes) {
    this.files = files;
    this.rotateBytes = rotateBytes;
  }

  @Override
  public Level level() {
    return Level.CONFIRMED;
  }

  @Override
  public Delivery send(List<Outgoing> batch) throws SinkException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (Outgoing record : batch) {
      lines.writeBytes(record.body());
      lines.write('\n');
    }
    try {
      append(current(), lines.toByteArray());
      return Delivery.COMPLETE;
    } catch (IOException e) {
      IOException reason = NoSpaceException.orElse(e, files.current(), lines.size());
      throw new SinkException(
          e instanceof NoSuchFileException
              ? "the directory of " + files.current() + " does not exist"
              : reason instanceof NoSpaceException
                  ? String.valueOf(reason.getMessage())
                  : files.current() + " can't be written: " + reason,
          e);
    }
  }

  private static void append(FileChannel open, byte[] lines) throws IOException {
    long before = open.size();
    open.position(before);
    try {
      ByteBuffer buffer = ByteBuffer.wrap(lines);
      while (buffer.hasRemaining()) {
        open.write(buffer);
      }
      open.force(true);
    } catch (IOException e) {
      // What was written of the batch comes again, and half a line must not be before it.
      if (open.isOpen()) {
        open.truncate(before);
      }
      throw e;
    }
  }

  private FileChannel current() throws IOException {
    FileChannel open = channel;
    if (open == null || !open.isOpen() || !Objects.equals(key, key(files.current()))) {
      close();
      open = open();
    }
    if (open.size() >= rotateBytes) {
      close();
      files.rotate();
      open = open();
    }
    return open;
  }

  private FileChannel open() throws IOException {
    Path file = files.current();
    FileChannel open = OwnerOnly.open(file, StandardOpenOption.READ);
    try {
      dropUnfinished(open);
      AtomicFile.forceDirectory(file.toAbsolutePath().resolveSibling(""));
      key = key(file);
    } catch (IOException | RuntimeException e) {
      open.close();
      throw e;
    }
    channel = open;
    return open;
  }

  private static @Nullable Object key(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** A crash may have left half a line, of a batch that was never acknowledged. */
  private void dropUnfinished(FileChannel open) throws IOException {
    long size = open.size();
    long end = size;
    while (end > 0) {
      int length = (int) Math.min(CHUNK_BYTES, end);
      ByteBuffer chunk = ByteBuffer.allocate(length);
      long start = end - length;
      while (chunk.hasRemaining() && open.read(chunk, start + chunk.position()) >= 0) {}
      for (int i = chunk.position() - 1; i >= 0; i--) {
        if (chunk.get(i) == '\n') {
          cut(open, size, start + i + 1);
          return;
        }
      }
      end = start;
    }
    cut(open, size, 0);
  }

  private void cut(FileChannel open, long size, long end) throws IOException {
    if (end < size) {
      LOG.warn(
          "{} ended with {} bytes of an unfinished record, which were removed; it is sent again",
          files.current(),
          size - end);
      open.truncate(end);
    }
  }

  @Override
  public void close() throws IOException {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
  }
}
