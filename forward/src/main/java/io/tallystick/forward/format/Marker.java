package io.tallystick.forward.format;

import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A record between the entries that says how many there were so far and what their hashes are: the
 * receiver's own entries must lead to the same root. Each names the one before it, so that none can
 * go unnoticed.
 *
 * @param origin name of the log
 * @param sink name of the sink
 * @param number 1, 2, 3 … over the sink's markers
 * @param throughId id of the last entry that was looked at, whether or not it passed the filter
 * @param throughSeq {@code seq} of the last entry that was forwarded, 0 if there was none
 * @param count the entries forwarded so far
 * @param root of the RFC 6962 tree over the hashes of the forwarded entries
 * @param previous hash of the marker before it; 32 zero bytes for the first
 * @param checkpoint the log's newest checkpoint, a signed note; {@code null} if there is none yet
 * @param time when it was made
 */
public record Marker(
    String origin,
    String sink,
    long number,
    long throughId,
    long throughSeq,
    long count,
    Hash root,
    Hash previous,
    @Nullable String checkpoint,
    Instant time) {
  /** The event type of markers. */
  public static final String EVENT_TYPE = "audit.forward.marker";

  /** What the first marker has in place of the hash of the one before it. */
  public static final Hash NONE = Hash.of(new byte[Hash.BYTES]);

  /**
   * SHA-256 of these lines, each with a line feed: {@code tallystick/forward-marker/v1}, origin,
   * sink, number, through_id, through_seq, count, root and previous hash in hex.
   */
  public Hash hash() {
    // Not in the digits of the machine's language.
    String text =
        String.format(
            Locale.ROOT,
            "tallystick/forward-marker/v1\n%s\n%s\n%d\n%d\n%d\n%d\n%s\n%s\n",
            origin,
            sink,
            number,
            throughId,
            throughSeq,
            count,
            root,
            previous);
    return Hash.of(Sha256.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** The same without the log's checkpoint. */
  public Marker withoutCheckpoint() {
    return new Marker(
        origin, sink, number, throughId, throughSeq, count, root, previous, null, time);
  }
}
