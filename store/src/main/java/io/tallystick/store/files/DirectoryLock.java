package io.tallystick.store.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * An exclusive lock on a directory, held through a file in it. It excludes other processes and the
 * rest of this one. The operating system drops a process's lock when the process closes the file
 * anywhere, so a file that is locked here is never opened here a second time. Safe for any number
 * of threads.
 */
public final class DirectoryLock implements Closeable {
  /** Files that this process has locked. */
  @GuardedBy("HELD")
  private static final Set<Path> HELD = new HashSet<>();

  private final Path file;
  private final FileChannel channel;

  private DirectoryLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Locks the directory until the lock is closed or the process ends.
   *
   * @param directory must exist; its file {@code lock} is created if it is missing
   * @return empty if another process holds the lock
   * @throws OverlappingFileLockException if this process holds the lock
   * @throws NotPrivateException if the file belongs to another user
   */
  public static Optional<DirectoryLock> tryLock(Path directory) throws IOException {
    Path file = directory.toRealPath().resolve("lock");
    synchronized (HELD) {
      if (HELD.contains(file)) {
        throw new OverlappingFileLockException();
      }
      // Whoever owns the file can lock it for ever.
      OwnerOnly.checkTrusted(file);
      FileChannel channel = OwnerOnly.open(file, LinkOption.NOFOLLOW_LINKS);
      FileLock lock = null;
      try {
        OwnerOnly.restrict(file);
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
