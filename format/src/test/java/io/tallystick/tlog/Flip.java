package io.tallystick.tlog;

import java.util.ArrayList;
import java.util.List;

/** Changes one bit. */
final class Flip {
  private Flip() {}

  static byte[] bit(byte[] bytes, int bit) {
    byte[] changed = bytes.clone();
    changed[bit / 8] ^= (byte) (1 << (bit % 8));
    return changed;
  }

  static Hash bit(Hash hash, int bit) {
    return Hash.of(bit(hash.toBytes(), bit));
  }

  static List<Hash> bit(List<Hash> hashes, int index, int bit) {
    List<Hash> changed = new ArrayList<>(hashes);
    changed.set(index, bit(hashes.get(index), bit));
    return changed;
  }
}
