package io.tallystick.store.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Creates files and directories that only their owner may use (modes 0600 and 0700), and checks
 * those that were there before. Safe for any number of threads.
 */
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

  /**
   * Creates a file with mode 0600 to write it; never opens one that is there, nor follows a link.
   */
  public static FileChannel create(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
        PosixFilePermissions.asFileAttribute(FILE));
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

  /**
   * Checks a directory before something is written into it that others must neither read nor
   * change: it is ours, closed to others (mode 0700), and what it holds is ours or root's. One that
   * is empty and ours is closed here, as a volume that was just made for a container.
   *
   * @throws NotPrivateException if it is not
   */
  public static void claim(Path directory) throws IOException {
    checkOurs(directory);
    if (isOpenToOthers(directory)) {
      if (!isEmpty(directory)) {
        throw new NotPrivateException(
            directory
                + " is open to other users, who could read or replace what is in it; run \"chmod 700 "
                + directory
                + "\", and look whether all of it is yours");
      }
      Files.setPosixFilePermissions(directory, DIRECTORY);
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        checkTrusted(file);
      }
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      return !files.iterator().hasNext();
    }
  }

  /**
   * Checks that a directory belongs to the user as whom this program runs. Root could write into
   * any other too, and would leave files in it that their owner can't use.
   *
   * @throws NotPrivateException if it does not
   */
  public static void checkOurs(Path directory) throws IOException {
    if (Owner.isUs(directory)) {
      return;
    }
    String owner = Owner.name(directory);
    String us = Owner.us();
    throw new NotPrivateException(
        directory
            + " belongs to "
            + owner
            + (Owner.weAreRoot()
                ? ", who could not use what root writes there; run the command as that user (\"sudo -u "
                    + owner
                    + " …\"), or, if it should be root's, run \"chown -R "
                : ", and this program runs as "
                    + us
                    + "; run it as that user (\"sudo -u "
                    + owner
                    + " …\"), or, if it should be yours, run \"sudo chown -R ")
            + us
            + " "
            + directory
            + "\"");
  }

  /**
   * Checks that nobody else can have put this file where it is.
   *
   * @throws NotPrivateException if it belongs to another user than us, root, or, where root reads
   *     the files of somebody else, the owner of the directory
   */
  public static void checkTrusted(Path file) throws IOException {
    Optional<String> stranger = Owner.stranger(file);
    if (stranger.isPresent()) {
      throw new NotPrivateException(
          file
              + " belongs to "
              + stranger.get()
              + ", who may have planted it; look at it, then delete it, or, if it is what you put"
              + " there, run \"chown "
              + Owner.us()
              + " "
              + file
              + "\"");
    }
  }

  /**
   * Checks a file that only its owner may use, such as a signing key.
   *
   * @throws NotPrivateException if somebody else owns it or has a permission on it
   */
  public static void checkPrivate(Path file) throws IOException {
    checkTrusted(file);
    if (isOpenToOthers(file)) {
      throw open(file);
    }
  }

  /**
   * Checks a file with a secret that was put there for this program, such as the key of a
   * certificate. As {@link #checkPrivate}, but root may let a group read it.
   *
   * @throws NotPrivateException if somebody else owns it or has a permission on it
   */
  public static void checkSecret(Path file) throws IOException {
    checkTrusted(file);
    Set<PosixFilePermission> others =
        EnumSet.complementOf(
            EnumSet.of(
                PosixFilePermission.OWNER_READ,
                PosixFilePermission.OWNER_WRITE,
                PosixFilePermission.OWNER_EXECUTE));
    if (Owner.isRoot(file)) {
      others.remove(PosixFilePermission.GROUP_READ);
    }
    if (!Collections.disjoint(Files.getPosixFilePermissions(file), others)) {
      throw open(file);
    }
  }

  private static NotPrivateException open(Path file) {
    return new NotPrivateException(
        file
            + " is open to other users; run \"chmod 600 "
            + file
            + "\", and replace what is secret in it if others may have seen it");
  }
}
