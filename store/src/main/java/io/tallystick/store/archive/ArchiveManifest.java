package io.tallystick.store.archive;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The manifest of an archive: which entries of which log it holds. Immutable.
 *
 * @param previousHash hash of the entry before the first, in hexadecimal
 * @param lastHash hash of the last entry, in hexadecimal
 * @param checkpointSize number of entries that the archive's checkpoint covers
 */
public record ArchiveManifest(
    @JsonProperty(value = "version", required = true) int version,
    @JsonProperty(value = "origin", required = true) String origin,
    @JsonProperty(value = "first_id", required = true) long firstId,
    @JsonProperty(value = "last_id", required = true) long lastId,
    @JsonProperty(value = "previous_hash", required = true) String previousHash,
    @JsonProperty(value = "last_hash", required = true) String lastHash,
    @JsonProperty(value = "checkpoint_size", required = true) long checkpointSize) {
  /** Version of the archive format that this program supports. */
  public static final int VERSION = 1;
}
