package io.tallystick.store.verify;

import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be verified.
 *
 * @param startId first entry, from 1; {@code null} is the oldest that the log holds
 * @param endId last entry; {@code null} is the newest
 * @param strict also decode every entry in full, not only the three fields that the chain needs
 * @param quick read no entries but the first and the last: check that the stored hashes of the
 *     range are those that were sealed, in O(log n)
 * @param keys that must have signed the newest checkpoint; empty for those that log.json names
 * @param earlier checkpoint that was exported, which the log must be a continuation of; {@code
 *     null} for none
 * @param authorities certificates that the timestamps of kept checkpoints must lead to; empty to
 *     check their signatures alone
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
      throw new IllegalArgumentException("start_id is 1 or more, not " + startId);
    }
    if (endId != null && endId < 1) {
      throw new IllegalArgumentException("end_id is 1 or more, not " + endId);
    }
    if (startId != null && endId != null && startId > endId) {
      throw new IllegalArgumentException(
          "start_id is at most end_id; " + startId + " is greater than " + endId);
    }
  }

  /** Everything that the log holds. */
  public static VerifyRequest all() {
    return new VerifyRequest(null, null, false, false, List.of(), null, List.of());
  }

  /** The entries from {@code startId} to {@code endId}, both included. */
  public static VerifyRequest range(long startId, long endId) {
    return new VerifyRequest(startId, endId, false, false, List.of(), null, List.of());
  }

  /** This request with every entry decoded in full. */
  public VerifyRequest strictly() {
    return new VerifyRequest(startId, endId, true, quick, keys, earlier, authorities);
  }

  /** This request without reading entries but the first and the last. */
  public VerifyRequest quickly() {
    return new VerifyRequest(startId, endId, strict, true, keys, earlier, authorities);
  }

  /** This request for a newest checkpoint that one of these keys signed. */
  public VerifyRequest withKeys(List<VerifierKey> keys) {
    return new VerifyRequest(startId, endId, strict, quick, keys, earlier, authorities);
  }

  /** This request for a log that continues an exported checkpoint. */
  public VerifyRequest withEarlier(SignedNote earlier) {
    return new VerifyRequest(startId, endId, strict, quick, keys, earlier, authorities);
  }

  /** This request with timestamps that must lead to one of these certificates. */
  public VerifyRequest withAuthorities(List<X509Certificate> authorities) {
    return new VerifyRequest(startId, endId, strict, quick, keys, earlier, authorities);
  }

  /** Whether the whole log is meant. */
  boolean isWholeLog() {
    return startId == null && endId == null;
  }
}
