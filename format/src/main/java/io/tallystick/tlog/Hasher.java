package io.tallystick.tlog;

import java.security.DigestException;
import java.security.MessageDigest;

/**
 * Leaf and node hashing of RFC 9162 section 2.1.1, and a count of what it cost. Allocates nothing
 * on the {@code byte[]} paths. Not safe for use by more than one thread.
 */
public final class Hasher {
  /** The root of a tree without leaves: the SHA-256 of nothing. */
  public static final Hash EMPTY_ROOT =
      Hash.parseHex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

  private static final byte LEAF_PREFIX = 0x00;
  private static final byte NODE_PREFIX = 0x01;

  private final MessageDigest sha256 = Sha256.newDigest();
  private final byte[] node = new byte[1 + 2 * Hash.BYTES];
  private final byte[] result = new byte[Hash.BYTES];
  private long leavesHashed;
  private long nodesHashed;

  /** A hasher that has counted nothing yet. */
  public Hasher() {
    node[0] = NODE_PREFIX;
  }

  /** The hash of a leaf: {@code SHA-256(0x00 ‖ data)}. */
  public Hash leaf(byte[] data) {
    leaf(data, 0, data.length, result, 0);
    return Hash.of(result);
  }

  /**
   * Writes the hash of the leaf {@code data[offset .. offset + length)} to {@code target[at .. at +
   * 32)}.
   */
  public void leaf(byte[] data, int offset, int length, byte[] target, int at) {
    leavesHashed++;
    sha256.update(LEAF_PREFIX);
    sha256.update(data, offset, length);
    digest(target, at);
  }

  /** The hash of a node: {@code SHA-256(0x01 ‖ left ‖ right)}. */
  public Hash node(Hash left, Hash right) {
    left.copyTo(node, 1);
    right.copyTo(node, 1 + Hash.BYTES);
    node(result, 0);
    return Hash.of(result);
  }

  /**
   * Writes the hash of the node over {@code left[leftAt .. leftAt + 32)} and {@code right[rightAt
   * .. rightAt + 32)} to {@code target[at .. at + 32)}, which may overlap either.
   */
  void node(byte[] left, int leftAt, byte[] right, int rightAt, byte[] target, int at) {
    System.arraycopy(left, leftAt, node, 1, Hash.BYTES);
    System.arraycopy(right, rightAt, node, 1 + Hash.BYTES, Hash.BYTES);
    node(target, at);
  }

  /**
   * Leaves the root of the complete subtree over these hashes, a power of two of them, as the first
   * of them. The others are lost.
   */
  public void fold(byte[] hashes) {
    for (int left = hashes.length / 2; left >= Hash.BYTES; left /= 2) {
      for (int at = 0; at < left; at += Hash.BYTES) {
        System.arraycopy(hashes, 2 * at, node, 1, 2 * Hash.BYTES);
        node(hashes, at);
      }
    }
  }

  /** How many leaf hashes this hasher has computed. */
  public long leavesHashed() {
    return leavesHashed;
  }

  /** How many node hashes this hasher has computed. */
  public long nodesHashed() {
    return nodesHashed;
  }

  private void node(byte[] target, int at) {
    nodesHashed++;
    sha256.update(node);
    digest(target, at);
  }

  private void digest(byte[] target, int at) {
    try {
      sha256.digest(target, at, Hash.BYTES);
    } catch (DigestException e) {
      throw new IllegalArgumentException("no room for a hash at " + at + " of " + target.length, e);
    }
  }
}
