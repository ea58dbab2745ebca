package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.sink.SettingException;
import io.tallystick.store.files.OwnerOnly;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which objects a sink created, and as which versions: {@code objects} in its folder, for its owner
 * alone. A line for each, in the order in which they were created. Markers are left out; each names
 * the one before it.
 *
 * <pre>
 * 0000000000000000001-0000000000000001000-5f….ndjson.gz VERSION      - where the bucket has none
 * 0000000000000000001-0000000000000001000-c0….proof VERSION 1        proves the first 1 that was not proved yet
 * </pre>
 *
 * Only what is not proved yet is in memory. Used by one thread.
 */
final class ObjectLedger {
  /** In place of a version, where the bucket gives none. */
  static final String NO_VERSION = "-";

  /** In place of an object, where there is none: what could not be proved any more. */
  private static final String NO_OBJECT = "-";

  private static final String FILE = "objects";
  private static final Pattern LINE =
      Pattern.compile(
          "(?<name>[A-Za-z0-9._-]{1,200}) (?<version>[!-~]{1,1024})(?: (?<proves>[0-9]{1,9}))?");

  private final Path file;

  /** The versions of objects with entries of which no proof is kept yet, the oldest first. */
  private final Map<String, String> unproved = new LinkedHashMap<>();

  private ObjectLedger(Path file) {
    this.file = file;
  }

  /** An object that was created. */
  @FunctionalInterface
  interface Consumer {
    void accept(String name, String version);
  }

  /**
   * The one in this folder, empty if there is none. Half a line that a crash left is dropped: its
   * object is sent again.
   *
   * @throws SettingException if a line is none
   */
  static ObjectLedger open(Path folder) throws IOException {
    ObjectLedger ledger = new ObjectLedger(folder.resolve(FILE));
    long end = ledger.read((_, _) -> {});
    if (Files.exists(ledger.file) && Files.size(ledger.file) > end) {
      try (FileChannel channel = OwnerOnly.open(ledger.file, StandardOpenOption.READ)) {
        channel.truncate(end);
        channel.force(true);
      }
    }
    return ledger;
  }

  /**
   * Gives every object in this folder's, an object that was created twice twice. The sink may be
   * writing meanwhile.
   *
   * @throws SettingException if a line is none
   */
  static void forEach(Path folder, Consumer consumer) throws IOException {
    long _ = new ObjectLedger(folder.resolve(FILE)).read(consumer);
  }

  /** Reads all whole lines, and returns where they end. */
  private long read(Consumer consumer) throws IOException {
    long end = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 64 << 10)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int b = in.read(); b >= 0; b = in.read()) {
        if (b != '\n') {
          line.write(b);
          continue;
        }
        read(line.toString(UTF_8), end, consumer);
        end += line.size() + 1;
        line.reset();
      }
    } catch (NoSuchFileException e) {
      // Nothing was created yet.
    }
    return end;
  }

  private void read(String text, long at, Consumer consumer) throws SettingException {
    Matcher line = LINE.matcher(text);
    String proves = line.matches() ? line.group("proves") : null;
    int count = proves == null ? 0 : Integer.parseInt(proves);
    if (!line.matches() || count > unproved.size()) {
      throw new SettingException(
          "%s: what is at byte %d is no object of the sink; put back a copy of the file, or delete it, and nothing is known of the versions of earlier objects"
              .formatted(file, at));
    }
    add(line.group("name"), line.group("version"), count);
    if (!line.group("name").equals(NO_OBJECT)) {
      consumer.accept(line.group("name"), line.group("version"));
    }
  }

  private void add(String name, String version, int proves) {
    Iterator<String> oldest = unproved.keySet().iterator();
    for (int i = 0; i < proves; i++) {
      oldest.next();
      oldest.remove();
    }
    if (ObjectNames.holdsEntries(name)) {
      unproved.put(name, version);
    }
  }

  /** The versions of objects with entries of which no proof is kept yet, the oldest first. */
  Map<String, String> unproved() {
    return Collections.unmodifiableMap(unproved);
  }

  /** Writes down durably that an object was created. */
  void created(String name, String version) throws IOException {
    if (!ObjectNames.isMarker(name) && !version.equals(unproved.get(name))) {
      append(name + " " + version);
      add(name, version, 0);
    }
  }

  /** Writes down durably that the oldest so many unproved objects are proved by this one. */
  void proved(String name, String version, int count) throws IOException {
    append(name + " " + version + " " + count);
    add(name, version, count);
  }

  /** The oldest so many unproved objects can't be proved: they are not what was written. */
  void unprovable(int count) throws IOException {
    proved(NO_OBJECT, NO_VERSION, count);
  }

  private void append(String line) throws IOException {
    try (FileChannel channel = OwnerOnly.open(file, StandardOpenOption.APPEND)) {
      long before = channel.size();
      try {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      } catch (IOException e) {
        // The next line must not follow half of this one.
        if (channel.isOpen()) {
          channel.truncate(before);
        }
        throw e;
      }
    }
  }
}
