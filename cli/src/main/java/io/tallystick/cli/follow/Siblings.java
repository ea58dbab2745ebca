package io.tallystick.cli.follow;

import io.tallystick.ingest.backfill.InputFile;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** A log file and those beside it that it may have been rotated to. */
final class Siblings {
  /**
   * A file.
   *
   * @param key of the file system, which a rename does not change
   * @param stamp of its key, its length and when it was last written: that of a file that is
   *     deleted does not come again, as a key does
   */
  record Sibling(Path path, String key, FileTime changed, String stamp) {}

  /** What rotation puts behind a name: a number, a date or a time, and .gz if it packs. */
  private static final Pattern ROTATED = Pattern.compile("[.-][0-9][0-9._:TZ+-]*(\\.gz)?");

  private final Path path;
  private final Path state;

  /**
   * @param state a file that is none of them, whatever its name
   */
  Siblings(Path path, Path state) {
    this.path = path;
    this.state = state.toAbsolutePath().normalize();
  }

  /** The file at the path itself; {@code null} if there is none. */
  @Nullable Sibling current() throws IOException {
    return sibling(path);
  }

  /** Those with a name that rotation makes, such as app.log.1, the oldest first. */
  List<Sibling> rotated() throws IOException {
    String name = String.valueOf(path.getFileName());
    List<Sibling> found = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(
            path.resolveSibling(""),
            each -> {
              String other = String.valueOf(each.getFileName());
              return other.startsWith(name)
                  && ROTATED.matcher(other.substring(name.length())).matches()
                  && !each.toAbsolutePath().normalize().equals(state);
            })) {
      for (Path each : all) {
        Sibling sibling = sibling(each);
        if (sibling != null) {
          found.add(sibling);
        }
      }
    }
    found.sort(Comparator.comparing(Sibling::changed));
    return found;
  }

  private static @Nullable Sibling sibling(Path path) throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        return null;
      }
      String key = String.valueOf(attributes.fileKey());
      FileTime changed = attributes.lastModifiedTime();
      return new Sibling(path, key, changed, key + ":" + attributes.size() + ":" + changed);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /**
   * What marks the end of its content, unpacked; {@code null} if it is empty or gone, or is being
   * packed just now.
   */
  static @Nullable Mark end(Sibling file) throws IOException {
    try (Passage passage = new Passage(open(file))) {
      return passage.end();
    } catch (NoSuchFileException | EOFException | ZipException e) {
      return null;
    }
  }

  /** The one of these marks that is farthest in its content; {@code null} if it has none. */
  static @Nullable Mark farthest(Sibling file, List<Mark> marks) throws IOException {
    Mark farthest = null;
    try (Passage passage = new Passage(open(file))) {
      for (Mark mark : marks.stream().sorted(Comparator.comparingLong(Mark::offset)).toList()) {
        farthest = mark.offset() > 0 && passage.has(mark) ? mark : farthest;
      }
    } catch (NoSuchFileException | EOFException | ZipException e) {
      // It ends there, or is not whole.
      return farthest;
    }
    return farthest;
  }

  /** Its content between two places, unpacked. */
  static InputStream open(Sibling file, long from, long to) throws IOException {
    InputStream in = open(file);
    try {
      in.skipNBytes(from);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
    return new FilterInputStream(in) {
      private long left = to - from;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int at, int length) throws IOException {
        int read = left <= 0 ? -1 : super.read(bytes, at, (int) Math.min(length, left));
        left -= Math.max(read, 0);
        return read;
      }
    };
  }

  /** Its content, unpacked. */
  static InputStream open(Sibling file) throws IOException {
    return InputFile.unpack(Files.newInputStream(file.path()));
  }
}
