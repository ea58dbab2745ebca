package io.tallystick.store.files;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A lock on a directory, by a file in it, that nobody else, here or in another process, has. The
 * operating system drops a process's lock when the process closes the file anywhere; so a file that
 * is locked here is not opened here a second time.
 */
public final class DirectoryLock implements Closeable {
  /** Files that this process has locked. */
  private static final Set<Path> HELD = new HashSet<>();

  private final Path file;
  private final FileChannel channel;

  private DirectoryLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock; it lasts until it is closed or the process ends.
   *
   * @param directory whose file {@code lock} it is, which is made if it is not there
   * @return empty if another process has it
   * @throws OverlappingFileLockException if this process has it
   */
  public static Optional<DirectoryLock> tryLock(Path directory) throws IOException {
    Path file = directory.toRealPath().resolve("lock");
    synchronized (HELD) {
      if (HELD.contains(file)) {
        throw new OverlappingFileLockException();
      }
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = null;
      try {
        lock = channel.tryLock();
      } finally {
        if (lock == null) {
          channel.close();
        }
      }
      if (lock == null) {
        return Optional.empty();
      }
      HELD.add(file);
      return Optional.of(new DirectoryLock(file, channel));
    }
  }

  /** May be called again. */
  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      if (channel.isOpen()) {
        HELD.remove(file);
        channel.close();
      }
    }
  }
}
