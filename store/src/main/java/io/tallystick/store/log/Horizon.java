package io.tallystick.store.log;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the log begins since retention removed older entries, and where those went ({@code
 * horizon.json}: format.md, Retention and archive). Each removal is also recorded as an entry of
 * the log, which verification compares with this file. Immutable.
 *
 * @param firstId the oldest entry that the log holds
 * @param previousHash hash of the entry before it, in hexadecimal
 * @param removed the removed entries, oldest first, from entry 1 on and without a gap
 * @param restoredFrom names of the archives from which this log was restored for reading; {@code
 *     null} for every other log
 * @param crc32c checksum of the same object with 0 in this place, as Jackson writes it without
 *     white space
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Horizon(
    @JsonProperty(value = "first_id", required = true) long firstId,
    @JsonProperty(value = "previous_hash", required = true) String previousHash,
    @JsonProperty(value = "removed", required = true) List<Removed> removed,
    @JsonProperty("restored_from") @Nullable List<String> restoredFrom,
    @JsonProperty(value = "crc32c", required = true) long crc32c)
    implements ChecksummedFile.Content<Horizon> {
  public Horizon {
    removed = List.copyOf(removed);
    restoredFrom = restoredFrom == null ? null : List.copyOf(restoredFrom);
  }

  /**
   * A batch of entries that were removed together.
   *
   * @param lastHash hash of the last of them, in hexadecimal
   * @param archive name of their file in {@code archive/}; {@code null} if they were purged
   * @param archiveSha256 SHA-256 of that file, in hexadecimal
   * @param recordedAs id of the entry that records the removal
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Removed(
      @JsonProperty(value = "first_id", required = true) long firstId,
      @JsonProperty(value = "last_id", required = true) long lastId,
      @JsonProperty(value = "last_hash", required = true) String lastHash,
      @JsonProperty("archive") @Nullable String archive,
      @JsonProperty("archive_sha256") @Nullable String archiveSha256,
      @JsonProperty(value = "recorded_as", required = true) long recordedAs) {}

  /** The horizon of a log from which nothing was removed. */
  public static Horizon start(Hash genesis) {
    return new Horizon(1, genesis.toString(), List.of(), null, 0);
  }

  /** The horizon of a log that was restored from archives. */
  public static Horizon restored(long firstId, String previousHash, List<String> archives) {
    return new Horizon(firstId, previousHash, List.of(), archives, 0).sealed();
  }

  /** Whether the log was restored from archives; such a log is read-only. */
  @JsonIgnore
  public boolean isRestored() {
    return restoredFrom != null;
  }

  /** The hash that the oldest entry is chained to. */
  public Hash previous() {
    return Hash.parseHex(previousHash);
  }

  /** The horizon after another batch was removed. */
  public Horizon after(Removed more) {
    List<Removed> all = new ArrayList<>(removed);
    all.add(more);
    return new Horizon(more.lastId() + 1, more.lastHash(), all, null, 0).sealed();
  }

  /**
   * Checks that retention did not remove the entry.
   *
   * @throws LogException.Removed if it did; the message names the archive
   */
  public void checkNotRemoved(long id) throws LogException.Removed {
    if (id < firstId) {
      throw new LogException.Removed(
          "entry " + id + whereIs(id) + "; the log begins at entry " + firstId);
    }
  }

  private String whereIs(long id) {
    if (isRestored()) {
      return " is not in any of the restored archives";
    }
    for (Removed batch : removed) {
      if (id >= batch.firstId() && id <= batch.lastId() && batch.archive() != null) {
        return " was removed by retention and is in archive/" + batch.archive();
      }
    }
    return " was removed by retention";
  }

  private Horizon sealed() {
    return ChecksummedFile.sealed(this);
  }

  @Override
  public Horizon withCrc32c(long crc) {
    return new Horizon(firstId, previousHash, removed, restoredFrom, crc);
  }

  /**
   * Reads the horizon of a log; a log without the file begins at entry 1.
   *
   * @param genesis hash that entry 1 is chained to
   * @throws LogException.Corrupt if the file is damaged
   */
  public static Horizon read(Path file, Hash genesis) throws IOException {
    Horizon horizon;
    try {
      horizon = ChecksummedFile.read(file, Horizon.class);
    } catch (NoSuchFileException e) {
      return start(genesis);
    }
    long next = 1;
    for (Removed removed : horizon.removed) {
      if (removed.firstId != next || removed.lastId < removed.firstId) {
        throw new LogException.Corrupt(file + " does not say where entry " + next + " went");
      }
      next = removed.lastId + 1;
    }
    boolean begins =
        horizon.isRestored()
            ? horizon.removed.isEmpty() && horizon.firstId >= 1
            : next == horizon.firstId;
    if (!begins || !horizon.previousHash.matches("[0-9a-f]{64}")) {
      throw new LogException.Corrupt(file + " contradicts itself. Restore it from a backup");
    }
    return horizon;
  }

  /** Writes the file durably. */
  public void write(Path file) throws IOException {
    ChecksummedFile.write(file, this);
  }
}
