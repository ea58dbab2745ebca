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
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;

/**
 * Small files that are replaced as a whole: after a crash the file has either its old content or
 * the new one, and once a method has returned, the new one is on the device. Safe for any number of
 * threads and processes.
 */
public final class AtomicFile {
  /** Ends the name of a file that takes another's place once it is whole. */
  static final String TEMPORARY = ".tmp";

  private AtomicFile() {}

  /**
   * Replaces the file: temporary file, fsync, rename, fsync of the directory. Only its owner may
   * read it (mode 0600), from its first moment on.
   *
   * @throws NoSpaceException if there was no room for it; the old content is there, and the next
   *     call may succeed
   */
  public static void write(Path file, byte[] content) throws IOException {
    Path directory = file.toAbsolutePath().resolveSibling("");
    try {
      Path temporary = temporary(file, directory);
      try {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
          write(channel, content);
          channel.force(true);
        }
        Files.move(
            temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw NoSpaceException.orElse(e, file, content.length);
    }
    forceDirectory(directory);
  }

  /** Creates a file whose name no other writer uses, in this process or another. */
  private static Path temporary(Path file, Path directory) throws IOException {
    return Files.createTempFile(
        directory,
        file.getFileName() + ".",
        TEMPORARY,
        PosixFilePermissions.asFileAttribute(OwnerOnly.FILE));
  }

  private static void write(FileChannel channel, byte[] content) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(content);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /**
   * Checks that a file can be created in this directory, by creating one and deleting it.
   *
   * @throws NoSpaceException if the device has no room or no number for another file
   */
  public static void checkRoom(Path directory) throws IOException {
    Path file = directory.resolve("probe");
    try {
      Files.delete(temporary(file, directory));
    } catch (IOException e) {
      throw NoSpaceException.orElse(e, file, 0);
    }
  }

  /**
   * Deletes the temporary files of writers that ended in the middle of {@link #write}. Files
   * younger than an hour stay: their writers may still be at work.
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
      // There is no such directory, or another writer renamed its file meanwhile.
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
