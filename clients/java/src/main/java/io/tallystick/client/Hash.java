package io.tallystick.client;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/** A SHA-256 hash: of a leaf or a node of the log's tree. Immutable. */
public final class Hash {
  private final byte[] bytes;

  private Hash(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Of an entry's exact bytes (RFC 9162, section 2.1.1). */
  public static Hash ofLeaf(byte[] entry) {
    return new Hash(sha256(new byte[] {0}, entry));
  }

  static Hash ofNode(Hash left, Hash right) {
    return new Hash(sha256(new byte[] {1}, left.bytes, right.bytes));
  }

  static byte[] sha256(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Reads 64 hexadecimal digits. */
  public static Hash parseHex(String text) {
    if (text.length() != 64) {
      throw new IllegalArgumentException("a hash has 64 hexadecimal digits, not " + text.length());
    }
    return new Hash(HexFormat.of().parseHex(text));
  }

  static Hash parseBase64(String text) throws VerificationException {
    byte[] decoded = base64(text);
    if (decoded.length != 32) {
      throw new VerificationException("this is not a hash in base64: " + text);
    }
    return new Hash(decoded);
  }

  /** Decodes what an encoder would have written, and nothing else. */
  static byte[] base64(String text) throws VerificationException {
    try {
      byte[] decoded = Base64.getDecoder().decode(text);
      if (Base64.getEncoder().encodeToString(decoded).equals(text)) {
        return decoded;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new VerificationException("this is not base64: " + text);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Hash hash && Arrays.equals(bytes, hash.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** 64 hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
