package io.tallystick.store.log;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Where the log begins since retention took older entries out, and what went where ({@code
 * horizon.json}: format.md, Retention and archive). Each removal is an entry of the log too, which
 * verification compares with this file.
 *
 * @param firstId the oldest entry that the log holds
 * @param previousHash hash of the entry before it, in hexadecimal
 * @param removed what was taken out, oldest first, without gap from entry 1 on
 * @param restoredFrom the archives that this log was made from, to be read; {@code null} for every
 *     other log
 * @param crc32c of the same object with 0 here, as Jackson writes it without white space
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Horizon(
    @JsonProperty(value = "first_id", required = true) long firstId,
    @JsonProperty(value = "previous_hash", required = true) String previousHash,
    @JsonProperty(value = "removed", required = true) List<Removed> removed,
    @JsonProperty("restored_from") @Nullable List<String> restoredFrom,
    @JsonProperty(value = "crc32c", required = true) long crc32c) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public Horizon {
    removed = List.copyOf(removed);
    restoredFrom = restoredFrom == null ? null : List.copyOf(restoredFrom);
  }

  /**
   * Entries that were taken out together.
   *
   * @param lastHash hash of the last of them, in hexadecimal
   * @param archive name of the file in {@code archive/}; {@code null} if they were purged
   * @param archiveSha256 of that file, in hexadecimal
   * @param recordedAs id of the entry that tells of it
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Removed(
      @JsonProperty(value = "first_id", required = true) long firstId,
      @JsonProperty(value = "last_id", required = true) long lastId,
      @JsonProperty(value = "last_hash", required = true) String lastHash,
      @JsonProperty("archive") @Nullable String archive,
      @JsonProperty("archive_sha256") @Nullable String archiveSha256,
      @JsonProperty(value = "recorded_as", required = true) long recordedAs) {}

  /** The beginning of a log from which nothing was taken. */
  public static Horizon start(Hash genesis) {
    return new Horizon(1, genesis.toString(), List.of(), null, 0);
  }

  /** The beginning of a log that is made from archives. */
  public static Horizon restored(long firstId, String previousHash, List<String> archives) {
    return new Horizon(firstId, previousHash, List.of(), archives, 0).sealed();
  }

  /** Whether the log was made from archives: it is read, and never appended to. */
  @JsonIgnore
  public boolean isRestored() {
    return restoredFrom != null;
  }

  /** What the oldest entry is chained to. */
  public Hash previous() {
    return Hash.parseHex(previousHash);
  }

  /** The horizon after this, too, was taken out. */
  public Horizon after(Removed more) {
    List<Removed> all = new ArrayList<>(removed);
    all.add(more);
    return new Horizon(more.lastId() + 1, more.lastHash(), all, null, 0).sealed();
  }

  /**
   * Checks that the log holds the entry, or may come to hold it.
   *
   * @throws LogException.Removed if it held the entry once, and does not any more
   */
  public void checkNotRemoved(long id) throws LogException.Removed {
    if (id < firstId) {
      throw new LogException.Removed(
          "entry " + id + whereIs(id) + "; the log begins at entry " + firstId);
    }
  }

  private String whereIs(long id) {
    if (isRestored()) {
      return " is in none of the archives that were restored";
    }
    for (Removed batch : removed) {
      if (id >= batch.firstId() && id <= batch.lastId() && batch.archive() != null) {
        return " was taken out by retention and is in archive/" + batch.archive();
      }
    }
    return " was taken out by retention";
  }

  private Horizon sealed() {
    return new Horizon(firstId, previousHash, removed, restoredFrom, crc());
  }

  private long crc() {
    try {
      CRC32C crc = new CRC32C();
      crc.update(
          JSON.writeValueAsBytes(new Horizon(firstId, previousHash, removed, restoredFrom, 0)));
      return crc.getValue();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a horizon is always written", e);
    }
  }

  /**
   * The horizon of a log.
   *
   * @throws LogException.Corrupt if the file is damaged
   */
  public static Horizon read(Path file, Hash genesis) throws IOException {
    Horizon horizon;
    try {
      horizon = JSON.readValue(Files.readAllBytes(file), Horizon.class);
    } catch (NoSuchFileException e) {
      return start(genesis);
    } catch (JsonProcessingException e) {
      throw new LogException.Corrupt(
          file + " does not say where the log begins: " + e.getOriginalMessage());
    }
    if (horizon.crc() != horizon.crc32c) {
      throw new LogException.Corrupt(
          file + " was changed: its CRC32C is not the one that it names");
    }
    long next = 1;
    for (Removed removed : horizon.removed) {
      if (removed.firstId != next || removed.lastId < removed.firstId) {
        throw new LogException.Corrupt(file + " does not say what became of entry " + next);
      }
      next = removed.lastId + 1;
    }
    boolean begins =
        horizon.isRestored()
            ? horizon.removed.isEmpty() && horizon.firstId >= 1
            : next == horizon.firstId;
    if (!begins || !horizon.previousHash.matches("[0-9a-f]{64}")) {
      throw new LogException.Corrupt(file + " contradicts itself");
    }
    return horizon;
  }

  public void write(Path file) throws IOException {
    String text = JSON.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this);
    AtomicFile.write(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
