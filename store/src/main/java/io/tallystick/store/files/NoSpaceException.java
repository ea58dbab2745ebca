package io.tallystick.store.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The device has no room for a file, or a quota allows no more. What was there before is unchanged;
 * a later try may succeed.
 */
public final class NoSpaceException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * If less than this is free besides what a write needs, lack of room counts as the reason why it
   * failed. Other threads' temporary files come and go, so the last bytes can't be counted exactly.
   */
  private static final long MARGIN_BYTES = 1 << 20;

  private static final int PAGE_BYTES = 4_096;

  public NoSpaceException(String message) {
    super(message);
  }

  private NoSpaceException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * The failure of a write: this exception if it failed for lack of room, otherwise the failure
   * itself.
   *
   * <p>Java gives no error number, only the operating system's words in the language of its locale.
   * So this asks the device how much room it has; and where there is enough, as with a quota or
   * when the file system has no number for another file, it tries to reserve as much in a file of
   * its own, which answers with an error number.
   *
   * @param file what could not be written, in a directory that exists
   * @param bytes the write would have needed
   */
  public static IOException orElse(IOException failure, Path file, long bytes) {
    return isNoSpace(failure, file, bytes)
        ? new NoSpaceException("no room on the device for " + file, failure)
        : failure;
  }

  private static boolean isNoSpace(IOException failure, Path file, long bytes) {
    if (failure instanceof NoSpaceException) {
      return true;
    }
    Path directory = file.toAbsolutePath().resolveSibling("");
    try {
      long usable = Files.getFileStore(directory).getUsableSpace();
      return usable < bytes + MARGIN_BYTES || refusesToReserve(directory, bytes + PAGE_BYTES);
    } catch (IOException e) {
      failure.addSuppressed(e);
      return false;
    }
  }

  /** Whether a file of this size can't be made in the directory for lack of room. */
  private static boolean refusesToReserve(Path directory, long bytes) throws IOException {
    Posix posix = Posix.available().orElse(null);
    if (posix == null) {
      return false;
    }
    String name =
        "probe." + ProcessHandle.current().pid() + "." + Thread.currentThread().threadId();
    Path probe = directory.resolve(name + AtomicFile.TEMPORARY);
    try {
      posix.reserve(probe, bytes);
      return false;
    } catch (Posix.CallFailed e) {
      return e.errno() == Posix.ENOSPC || e.errno() == Posix.EDQUOT;
    } finally {
      Files.deleteIfExists(probe);
    }
  }
}
