package io.tallystick.tlog;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * A SHA-256 hash: 32 bytes. Immutable and safe for use by many threads.
 *
 * <p>The leaf hash of RFC 6962 section 2.1 is also the hash that chains one entry to the next, so
 * one type serves the chain, the tree and every proof.
 */
public final class Hash {
  /** Length of a hash in bytes. */
  public static final int BYTES = 32;

  private final byte[] bytes;

  private Hash(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * The hash in a copy of these 32 bytes.
   *
   * @throws IllegalArgumentException if there are more or fewer than 32
   */
  public static Hash of(byte[] bytes) {
    return of(bytes, 0, bytes.length);
  }

  /**
   * The hash in a copy of {@code bytes[offset .. offset + length)}.
   *
   * @throws IllegalArgumentException if {@code length} is not 32
   * @throws IndexOutOfBoundsException if the range is not within the array
   */
  public static Hash of(byte[] bytes, int offset, int length) {
    if (length != BYTES) {
      throw new IllegalArgumentException("a hash has " + BYTES + " bytes, not " + length);
    }
    return new Hash(Arrays.copyOfRange(bytes, offset, offset + length));
  }

  /**
   * Reads 64 lower-case hex digits.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Hash parseHex(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    if (bytes.length != BYTES || !HexFormat.of().formatHex(bytes).equals(hex)) {
      throw new IllegalArgumentException("a hash is 64 lower-case hex digits, not \"" + hex + "\"");
    }
    return new Hash(bytes);
  }

  /**
   * Reads the 44 characters of padded standard base64, the form of checkpoints and proofs.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Hash parseBase64(String base64) {
    return of(Canonical.base64(base64));
  }

  /** The 44 characters of padded standard base64. */
  public String toBase64() {
    return Canonical.base64(bytes);
  }

  /** A copy of the 32 bytes. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /** Copies the 32 bytes to {@code target[offset .. offset + 32)}. */
  public void copyTo(byte[] target, int offset) {
    System.arraycopy(bytes, 0, target, offset, BYTES);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Hash hash && Arrays.equals(bytes, hash.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** The 64 lower-case hex digits. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
