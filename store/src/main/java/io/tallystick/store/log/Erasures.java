package io.tallystick.store.log;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which entries of the log record erasures, and how far they were carried out ({@code
 * erasures.json}: format.md, Erasing). The entries are what counts; this file says where they are,
 * without reading the log. Immutable.
 *
 * @param entries ids of the sealed entries that record erasures, ascending
 * @param pendingAfter an erasure is under way: those that entries after this id record may not be
 *     carried out, or not be in {@code entries}; {@code null} if all are
 * @param crc32c checksum of the same object with 0 in this place, as Jackson writes it without
 *     white space
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Erasures(
    @JsonProperty(value = "entries", required = true) List<Long> entries,
    @JsonProperty("pending_after") @Nullable Long pendingAfter,
    @JsonProperty(value = "crc32c", required = true) long crc32c)
    implements ChecksummedFile.Content<Erasures> {
  /** The content of a log in which nothing was erased. */
  public static final Erasures NONE = new Erasures(List.of(), null, 0);

  public Erasures {
    entries = List.copyOf(entries);
  }

  /** The newest entry that is known to record an erasure; it is sealed. 0 if there is none. */
  public long lastEntry() {
    return entries.isEmpty() ? 0 : entries.getLast();
  }

  /** Whether the erasure that this entry records may not be carried out. */
  public boolean isPending(long entry) {
    return pendingAfter != null && entry > pendingAfter;
  }

  /** An erasure begins, after this last entry of the log. */
  public Erasures begin(long lastId) {
    return sealed(entries, pendingAfter == null ? lastId : Math.min(pendingAfter, lastId));
  }

  /** These entries record erasures too. */
  public Erasures with(Collection<Long> more) {
    TreeSet<Long> all = new TreeSet<>(entries);
    all.addAll(more);
    return sealed(List.copyOf(all), pendingAfter);
  }

  /** All of it is carried out. */
  public Erasures done() {
    return sealed(entries, null);
  }

  private static Erasures sealed(List<Long> entries, @Nullable Long pendingAfter) {
    return ChecksummedFile.sealed(new Erasures(entries, pendingAfter, 0));
  }

  @Override
  public Erasures withCrc32c(long crc) {
    return new Erasures(entries, pendingAfter, crc);
  }

  /**
   * Reads the file; a log without it has erased nothing.
   *
   * @throws LogException.Corrupt if it is damaged
   */
  public static Erasures read(Path file) throws IOException {
    try {
      return ChecksummedFile.read(file, Erasures.class);
    } catch (NoSuchFileException e) {
      return NONE;
    }
  }

  /** Writes the file durably. */
  public void write(Path file) throws IOException {
    ChecksummedFile.write(file, this);
  }
}
