package io.tallystick.entry;

import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;

/**
 * The hash of an entry: SHA-256 of a zero byte and the entry's bytes. It is the leaf hash of RFC
 * 6962 section 2.1 too, so one hash an entry serves the chain and the tree.
 */
public final class EntryHash {
  private static final byte LEAF_PREFIX = 0;

  private EntryHash() {}

  /** Hash of these entry bytes. */
  public static Hash of(byte[] entry) {
    return of(entry, 0, entry.length);
  }

  /** Hash of the entry in {@code bytes[offset .. offset + length)}. */
  public static Hash of(byte[] bytes, int offset, int length) {
    byte[] hash = new byte[Hash.BYTES];
    into(Sha256.newDigest(), bytes, offset, length, hash, 0);
    return Hash.of(hash);
  }

  /**
   * Writes the hash of the entry in {@code bytes[offset .. offset + length)} to the target, without
   * making objects.
   */
  public static void into(
      MessageDigest sha256, byte[] bytes, int offset, int length, byte[] target, int targetOffset) {
    sha256.update(LEAF_PREFIX);
    sha256.update(bytes, offset, length);
    digest(sha256, target, targetOffset);
  }

  /**
   * The same for an entry with another byte before it in the array, {@code offset} being at least
   * 1: that byte is the prefix for the moment, so that all is hashed in one piece, which is a tenth
   * quicker. No other thread may look at the array meanwhile.
   */
  public static void inPlace(
      MessageDigest sha256, byte[] bytes, int offset, int length, byte[] target, int targetOffset) {
    byte before = bytes[offset - 1];
    bytes[offset - 1] = LEAF_PREFIX;
    sha256.update(bytes, offset - 1, 1 + length);
    bytes[offset - 1] = before;
    digest(sha256, target, targetOffset);
  }

  private static void digest(MessageDigest sha256, byte[] target, int targetOffset) {
    try {
      sha256.digest(target, targetOffset, Hash.BYTES);
    } catch (DigestException e) {
      throw new IllegalArgumentException("no room for a hash at " + targetOffset, e);
    }
  }

  /** What the first entry of the log with this origin has as the hash of the entry before it. */
  public static Hash genesis(String origin) {
    String text = "tallystick/genesis/v1\n" + origin + "\n";
    return Hash.of(Sha256.of(text.getBytes(StandardCharsets.UTF_8)));
  }
}
