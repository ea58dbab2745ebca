package io.tallystick.cli.follow;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** A log file and those beside it that it may have been rotated to. */
final class Siblings {
  private static final int BUFFER_BYTES = 1 << 16;

  /**
   * A file.
   *
   * @param key of the file system, which a rename does not change
   * @param changedMillis when it was last written, since 1970
   */
  record Sibling(Path path, String key, long changedMillis) {}

  private final Path path;

  Siblings(Path path) {
    this.path = path;
  }

  /** The file at the path itself; {@code null} if there is none. */
  @Nullable Sibling current() throws IOException {
    return sibling(path);
  }

  /** Those whose name continues that of the file, such as app.log.1, the oldest first. */
  List<Sibling> rotated() throws IOException {
    String name = String.valueOf(path.getFileName());
    List<Sibling> found = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(
            path.resolveSibling(""),
            each -> {
              String other = String.valueOf(each.getFileName());
              return other.startsWith(name + ".") || other.startsWith(name + "-");
            })) {
      for (Path each : all) {
        Sibling sibling = sibling(each);
        if (sibling != null) {
          found.add(sibling);
        }
      }
    }
    found.sort(Comparator.comparingLong(Sibling::changedMillis));
    return found;
  }

  private static @Nullable Sibling sibling(Path path) throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return attributes.isRegularFile()
          ? new Sibling(
              path, String.valueOf(attributes.fileKey()), attributes.lastModifiedTime().toMillis())
          : null;
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Its first bytes, unpacked; {@code null} if it is gone, or is being packed just now. */
  static byte @Nullable [] beginning(Sibling file) throws IOException {
    try (InputStream in = open(file)) {
      return in.readNBytes(Head.MAX_LENGTH);
    } catch (NoSuchFileException | EOFException | ZipException e) {
      return null;
    }
  }

  /** Its content, unpacked. */
  static InputStream open(Sibling file) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(file.path()), BUFFER_BYTES);
    try {
      raw.mark(2);
      byte[] start = raw.readNBytes(2);
      raw.reset();
      boolean packed = start.length == 2 && start[0] == 0x1f && start[1] == (byte) 0x8b;
      return packed
          ? new BufferedInputStream(new GZIPInputStream(raw, BUFFER_BYTES), BUFFER_BYTES)
          : raw;
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }
}
