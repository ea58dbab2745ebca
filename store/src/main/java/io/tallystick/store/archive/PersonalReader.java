package io.tallystick.store.archive;

import io.tallystick.entry.PersonalValue;
import io.tallystick.store.log.LineReader;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.PersonalLine;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** Reads the personal values of an archive's entries, one entry after another. */
final class PersonalReader implements Closeable {
  private final LineReader lines;
  private @Nullable PersonalLine next;

  private PersonalReader(LineReader lines) throws IOException {
    this.lines = lines;
    next = read();
  }

  /** The values of this archive, which may have none. */
  static PersonalReader of(ZipFile zip) throws IOException {
    ZipEntry file = zip.getEntry(PersonalLine.FILE);
    InputStream in = file == null ? InputStream.nullInputStream() : zip.getInputStream(file);
    return new PersonalReader(new LineReader(in, PersonalLine.MAX_BYTES));
  }

  private @Nullable PersonalLine read() throws IOException {
    byte[] line = lines.next();
    if (line == null) {
      return null;
    }
    PersonalLine value = PersonalLine.of(line);
    if (value == null) {
      throw new LogException.Corrupt("the archive has a line in personal that is no value");
    }
    return value;
  }

  /** The values of the next entry. */
  List<PersonalValue> of(long id) throws IOException {
    List<PersonalValue> values = new ArrayList<>();
    for (PersonalLine line = next; line != null && line.id() == id; line = next) {
      if (line.member() != values.size()) {
        throw new LogException.Corrupt(
            "the archive does not have the personal values of entry " + id + " in their order");
      }
      values.add(line.value());
      next = read();
    }
    return values;
  }

  /** Checks that there are no values of other entries. */
  void checkEnd() throws LogException.Corrupt {
    if (next != null) {
      throw new LogException.Corrupt(
          "the archive has a personal value of entry " + next.id() + ", which does not follow");
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
