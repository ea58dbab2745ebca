package io.tallystick.forward;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.tallystick.forward.format.Marker;
import io.tallystick.store.log.ChecksummedFile;
import io.tallystick.store.log.LogException;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * How far a sink came, {@code position.json} in its folder. Written after the receiver acknowledged
 * what it counts, so that after a crash something may be sent twice and nothing is left out.
 * Immutable.
 *
 * @param origin name of the log
 * @param sink name of the sink
 * @param filter hash of the filter
 * @param format hash of what decides how records look
 * @param startId the first entry that was looked at
 * @param nextId the entry to look at next
 * @param seq of the last entry that was forwarded, and how many were
 * @param lastId id of that entry, 0 if there is none
 * @param lastHash its hash in hex, empty if there is none
 * @param frontier hashes in hex of the largest complete subtrees of the tree over the hashes of the
 *     forwarded entries, the largest first
 * @param markers how many markers were sent
 * @param marker hash in hex of the last one
 * @param markedSeq the {@code seq} that it named
 * @param crc32c checksum of the same object with 0 in this place
 */
record Position(
    @JsonProperty(value = "origin", required = true) String origin,
    @JsonProperty(value = "sink", required = true) String sink,
    @JsonProperty(value = "filter", required = true) String filter,
    @JsonProperty(value = "format", required = true) String format,
    @JsonProperty(value = "start_id", required = true) long startId,
    @JsonProperty(value = "next_id", required = true) long nextId,
    @JsonProperty(value = "seq", required = true) long seq,
    @JsonProperty(value = "last_id", required = true) long lastId,
    @JsonProperty(value = "last_hash", required = true) String lastHash,
    @JsonProperty(value = "frontier", required = true) List<String> frontier,
    @JsonProperty(value = "markers", required = true) long markers,
    @JsonProperty(value = "marker", required = true) String marker,
    @JsonProperty(value = "marked_seq", required = true) long markedSeq,
    @JsonProperty(value = "crc32c", required = true) long crc32c)
    implements ChecksummedFile.Content<Position> {
  private static final String FILE = "position.json";

  Position {
    frontier = List.copyOf(frontier);
  }

  /** Before the first entry of the log that is there. */
  static Position start(String origin, SinkConfig config, long firstId) {
    return new Position(
        origin,
        config.name(),
        config.filter().hash(),
        config.formatHash(),
        firstId,
        firstId,
        0,
        0,
        "",
        List.of(),
        0,
        Marker.NONE.toString(),
        0,
        0);
  }

  /**
   * The position in this folder; the start if there is none.
   *
   * @throws MismatchException if the file is damaged, saying what to do
   */
  static Position read(Path folder, Position start) throws IOException {
    try {
      return ChecksummedFile.read(folder.resolve(FILE), Position.class);
    } catch (NoSuchFileException e) {
      return start;
    } catch (LogException.Corrupt e) {
      throw new MismatchException(
          folder.resolve(FILE)
              + " is damaged, so nothing says how far the sink came; put back a copy of it, or"
              + " delete it to begin again from seq 1 with what the receiver has already; then"
              + " resume the sink");
    }
  }

  /** Writes it durably. */
  void write(Path folder) throws IOException {
    ChecksummedFile.write(folder.resolve(FILE), ChecksummedFile.sealed(this));
  }

  /**
   * The tree over the forwarded hashes.
   *
   * @throws IllegalArgumentException if the frontier is not one of {@link #seq} leaves
   */
  CompactRange tree() {
    return CompactRange.of(seq, frontier.stream().map(Hash::parseHex).toList(), new Hasher());
  }

  /** After these entries were forwarded, and all before {@code next} were looked at. */
  Position forwarded(List<Hash> hashes, long last, long next) {
    if (hashes.isEmpty()) {
      return looked(next);
    }
    CompactRange tree = tree();
    hashes.forEach(tree::append);
    return new Position(
        origin,
        sink,
        filter,
        format,
        startId,
        next,
        tree.size(),
        last,
        hashes.getLast().toString(),
        tree.hashes().stream().map(Hash::toString).toList(),
        markers,
        marker,
        markedSeq,
        0);
  }

  /** After all entries before {@code next} were looked at, and none was forwarded. */
  private Position looked(long next) {
    return new Position(
        origin, sink, filter, format, startId, next, seq, lastId, lastHash, frontier, markers,
        marker, markedSeq, 0);
  }

  /** After a marker was sent. */
  Position marked(Marker sent) {
    return new Position(
        origin,
        sink,
        filter,
        format,
        startId,
        nextId,
        seq,
        lastId,
        lastHash,
        frontier,
        sent.number(),
        sent.hash().toString(),
        sent.throughSeq(),
        0);
  }

  @Override
  public Position withCrc32c(long value) {
    return new Position(
        origin, sink, filter, format, startId, nextId, seq, lastId, lastHash, frontier, markers,
        marker, markedSeq, value);
  }
}
