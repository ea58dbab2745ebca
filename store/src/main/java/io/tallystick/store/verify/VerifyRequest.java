package io.tallystick.store.verify;

import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to verify. Immutable.
 *
 * @param startId first entry, from 1; {@code null} is the oldest that the log holds
 * @param endId last entry; {@code null} is the newest
 * @param strict also decode every entry completely, not only the three fields that the chain needs
 * @param quick read only the first and the last entry, and check in O(log n) that the stored hashes
 *     of the range are those that were sealed
 * @param keys one of these must have signed the newest checkpoint; empty for the keys in log.json
 * @param earlier an exported checkpoint that the log must continue; {@code null} for none
 * @param authorities certificates to which the timestamps of kept checkpoints must chain; empty to
 *     check only their signatures
 */
public record VerifyRequest(
    @Nullable Long startId,
    @Nullable Long endId,
    boolean strict,
    boolean quick,
    List<VerifierKey> keys,
    @Nullable SignedNote earlier,
    List<X509Certificate> authorities) {
  /** Checks the range. */
  public VerifyRequest {
    keys = List.copyOf(keys);
    authorities = List.copyOf(authorities);
    if (startId != null && startId < 1) {
      throw new IllegalArgumentException("start_id must be 1 or more, but was " + startId);
    }
    if (endId != null && endId < 1) {
      throw new IllegalArgumentException("end_id must be 1 or more, but was " + endId);
    }
    if (startId != null && endId != null && startId > endId) {
      throw new IllegalArgumentException(
          "start_id must not be greater than end_id, but was " + startId + " > " + endId);
    }
  }

  /** A request for all entries of the log. */
  public static VerifyRequest all() {
    return new VerifyRequest(null, null, false, false, List.of(), null, List.of());
  }

  /** A request for the entries from {@code startId} to {@code endId}, both included. */
  public static VerifyRequest range(long startId, long endId) {
    return new VerifyRequest(startId, endId, false, false, List.of(), null, List.of());
  }

  /** The same request, with every entry decoded completely. */
  public VerifyRequest strictly() {
    return new VerifyRequest(startId, endId, true, quick, keys, earlier, authorities);
  }

  /** The same request, reading only the first and the last entry. */
  public VerifyRequest quickly() {
    return new VerifyRequest(startId, endId, strict, true, keys, earlier, authorities);
  }

  /** The same request, requiring one of these keys under the newest checkpoint. */
  public VerifyRequest withKeys(List<VerifierKey> keys) {
    return new VerifyRequest(startId, endId, strict, quick, keys, earlier, authorities);
  }

  /** The same request, requiring that the log continues an exported checkpoint. */
  public VerifyRequest withEarlier(SignedNote earlier) {
    return new VerifyRequest(startId, endId, strict, quick, keys, earlier, authorities);
  }

  /** The same request, requiring timestamps that chain to one of these certificates. */
  public VerifyRequest withAuthorities(List<X509Certificate> authorities) {
    return new VerifyRequest(startId, endId, strict, quick, keys, earlier, authorities);
  }

  /** Whether the range is the whole log. */
  boolean isWholeLog() {
    return startId == null && endId == null;
  }
}
