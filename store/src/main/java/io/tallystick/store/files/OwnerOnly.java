package io.tallystick.store.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Creates files and directories that only their owner may use: modes 0600 and 0700. */
public final class OwnerOnly {
  /** Mode 0600. */
  public static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");

  private static final Set<PosixFilePermission> DIRECTORY =
      PosixFilePermissions.fromString("rwx------");

  private OwnerOnly() {}

  /**
   * Creates the directory and its missing parents with mode 0700; one that exists keeps its mode.
   */
  public static void createDirectories(Path directory) throws IOException {
    Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DIRECTORY));
  }

  /**
   * Creates a directory with mode 0700 where the system keeps temporary files. The caller deletes
   * it.
   */
  public static Path createTemporaryDirectory(String prefix) throws IOException {
    return Files.createTempDirectory(prefix, PosixFilePermissions.asFileAttribute(DIRECTORY));
  }

  /**
   * Opens a file to write it, and creates it with mode 0600 where it is missing; one that exists
   * keeps its mode.
   *
   * @param options besides {@link StandardOpenOption#WRITE} and {@link StandardOpenOption#CREATE}
   */
  public static FileChannel open(Path file, OpenOption... options) throws IOException {
    Set<OpenOption> all = new HashSet<>(List.of(options));
    all.add(StandardOpenOption.WRITE);
    all.add(StandardOpenOption.CREATE);
    return FileChannel.open(file, all, PosixFilePermissions.asFileAttribute(FILE));
  }

  /** Gives the file mode 0600 if others have a permission on it. */
  public static void restrict(Path file) throws IOException {
    if (isOpenToOthers(file)) {
      Files.setPosixFilePermissions(file, FILE);
    }
  }

  /** Whether anybody but the owner has a permission on the file. */
  public static boolean isOpenToOthers(Path file) throws IOException {
    return Files.getPosixFilePermissions(file).stream()
        .anyMatch(permission -> !permission.name().startsWith("OWNER_"));
  }
}
