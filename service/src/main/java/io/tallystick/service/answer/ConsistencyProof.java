package io.tallystick.service.answer;

import java.util.List;

/**
 * The proof that the tree over the first {@code from} entries is the beginning of that over the
 * first {@code to} (RFC 9162 section 2.1.4).
 *
 * @param hashes in base64
 */
public record ConsistencyProof(long from, long to, List<String> hashes) {
  public ConsistencyProof {
    hashes = List.copyOf(hashes);
  }
}
