package io.tallystick.forward.sink;

import io.tallystick.tlog.Hash;
import java.util.List;

/**
 * What proves that entries are in the log. Immutable.
 *
 * @param hashes of the fewest subtrees over all other entries under the checkpoint, from left to
 *     right: folded with the hashes of the entries, each at its place, they give the root
 * @param checkpoint of the log, a signed note
 */
public record EntryProof(List<Hash> hashes, String checkpoint) {
  public EntryProof {
    hashes = List.copyOf(hashes);
  }
}
