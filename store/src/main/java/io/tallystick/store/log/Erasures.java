package io.tallystick.store.log;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.tallystick.store.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.CRC32C;
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
    @JsonProperty(value = "crc32c", required = true) long crc32c) {
  /** The content of a log in which nothing was erased. */
  public static final Erasures NONE = new Erasures(List.of(), null, 0);

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

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
    return new Erasures(entries, pendingAfter, new Erasures(entries, pendingAfter, 0).crc());
  }

  private long crc() {
    try {
      CRC32C crc = new CRC32C();
      crc.update(JSON.writeValueAsBytes(new Erasures(entries, pendingAfter, 0)));
      return crc.getValue();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a list of ids can always be written as JSON", e);
    }
  }

  /**
   * Reads the file; a log without it has erased nothing.
   *
   * @throws LogException.Corrupt if it is damaged
   */
  public static Erasures read(Path file) throws IOException {
    Erasures erasures;
    try {
      erasures = JSON.readValue(Files.readAllBytes(file), Erasures.class);
    } catch (NoSuchFileException e) {
      return NONE;
    } catch (JsonProcessingException e) {
      throw new LogException.Corrupt(
          file + " is not a valid erasures.json: " + e.getOriginalMessage());
    }
    if (erasures.crc() != erasures.crc32c) {
      throw new LogException.Corrupt(
          file + " was changed: its checksum is wrong. Restore it from a backup");
    }
    return erasures;
  }

  /** Writes the file durably. */
  public void write(Path file) throws IOException {
    String text = JSON.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this);
    AtomicFile.write(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
