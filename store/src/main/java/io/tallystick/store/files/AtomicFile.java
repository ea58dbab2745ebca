package io.tallystick.store.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/**
 * Small files that are replaced as a whole: after a crash there is the old content or the new one,
 * and once a method has returned, the new one is on the device.
 */
public final class AtomicFile {
  private static final Set<PosixFilePermission> PUBLIC =
      PosixFilePermissions.fromString("rw-r--r--");

  private static final String TEMPORARY = ".tmp";

  private AtomicFile() {}

  /**
   * Replaces the file: temporary file, fsync, rename, fsync of the directory.
   *
   * @throws NoSpaceException if there was no room for it; the old content is there, and the next
   *     call may succeed
   */
  public static void write(Path file, byte[] content) throws IOException {
    write(file, content, PUBLIC);
  }

  /** As {@link #write}, readable by the owner alone (mode 0600) from its first moment on. */
  public static void writeSecret(Path file, byte[] content) throws IOException {
    write(file, content, OwnerOnly.FILE);
  }

  private static void write(Path file, byte[] content, Set<PosixFilePermission> permissions)
      throws IOException {
    Path directory = file.toAbsolutePath().resolveSibling("");
    Path temporary = temporary(file, directory, permissions);
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        write(channel, content, file);
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
    forceDirectory(directory);
  }

  /** A file of a name that no other writer has, in this process or another. */
  private static Path temporary(Path file, Path directory, Set<PosixFilePermission> permissions)
      throws IOException {
    try {
      return Files.createTempFile(
          directory,
          file.getFileName() + ".",
          TEMPORARY,
          PosixFilePermissions.asFileAttribute(permissions));
    } catch (IOException e) {
      throw NoSpaceException.orElse(e, file);
    }
  }

  private static void write(FileChannel channel, byte[] content, Path file) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(content);
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } catch (IOException e) {
      throw NoSpaceException.orElse(e, file);
    }
  }

  /**
   * Deletes what writers left in the directory that were ended while they wrote; one that is at it
   * is done within the hour.
   */
  public static void deleteStale(Path directory) throws IOException {
    Instant stale = Instant.now().minus(Duration.ofHours(1));
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + TEMPORARY)) {
      for (Path file : files) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(stale)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (NoSuchFileException e) {
      // There is no such directory, or another writer's file was renamed meanwhile.
      return;
    }
  }

  /** Makes creations, renames and deletions in the directory durable. */
  public static void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
