package io.tallystick.store.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where libraries unpack their native code before they load it. Chronicle uses two that do, JNA and
 * jffi.
 */
public final class NativeLibraries {
  private static final String TEMPORARY = "java.io.tmpdir";

  private NativeLibraries() {}

  /**
   * Makes this directory the JVM's temporary one if the JVM's own cannot be written to, as in a
   * container with a read-only root. Without one, JNA logs long stack traces, and Chronicle makes a
   * directory wherever the program was started. Has an effect only before the libraries are first
   * used.
   *
   * @throws IOException if this directory cannot be written to either
   */
  public static void unpackInto(Path directory) throws IOException {
    String temporary = System.getProperty(TEMPORARY);
    if (temporary == null || !isWritable(Path.of(temporary))) {
      OwnerOnly.createDirectories(directory);
      System.setProperty(TEMPORARY, directory.toAbsolutePath().toString());
    }
  }

  /** Tried out: root has every permission on a file system that nobody can write to. */
  private static boolean isWritable(Path directory) {
    try {
      Files.delete(Files.createTempFile(directory, "tally", null));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
