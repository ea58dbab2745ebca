package io.tallystick.client;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps other clients out of a spool, in this process and in others. */
final class SpoolLock implements AutoCloseable {
  // POSIX takes a process's locks on a file away when it closes any of its descriptors of that
  // file.
  // So a second client of this process must not open it at all.
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel channel;

  private SpoolLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /** Locks the spool in a directory that exists. */
  static SpoolLock of(Path directory) throws IOException {
    Path real = directory.toRealPath();
    if (!HELD_HERE.add(real)) {
      throw inUse();
    }
    try {
      return new SpoolLock(real, lock(real.resolve(SpoolFiles.LOCK)));
    } catch (IOException | RuntimeException e) {
      HELD_HERE.remove(real);
      throw e;
    }
  }

  private static FileChannel lock(Path file) throws IOException {
    SpoolFiles.createFile(file);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      throw inUse();
    }
    return channel;
  }

  private static IOException inUse() {
    return new IOException("it is in use by another client; give each client one of its own");
  }

  @Override
  public void close() throws IOException {
    channel.close();
    HELD_HERE.remove(directory);
  }
}
