package io.tallystick.store.archive;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Which entries of which log an archive holds.
 *
 * @param previousHash hash of the entry before the first, in hexadecimal
 * @param lastHash hash of the last, in hexadecimal
 */
public record ArchiveManifest(
    @JsonProperty(value = "version", required = true) int version,
    @JsonProperty(value = "origin", required = true) String origin,
    @JsonProperty(value = "first_id", required = true) long firstId,
    @JsonProperty(value = "last_id", required = true) long lastId,
    @JsonProperty(value = "previous_hash", required = true) String previousHash,
    @JsonProperty(value = "last_hash", required = true) String lastHash,
    @JsonProperty(value = "checkpoint_size", required = true) long checkpointSize) {
  /** The version of the archive format that this program reads and writes. */
  public static final int VERSION = 1;
}
