package io.tallystick.tlog;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 (FIPS 180-4), which every Java platform must provide. Safe for any number of threads. */
public final class Sha256 {
  private Sha256() {}

  /** A new digest; itself not safe for use by more than one thread. */
  public static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java platform has no SHA-256", e);
    }
  }

  /** The 32-byte hash of these bytes. */
  public static byte[] of(byte[] bytes) {
    return newDigest().digest(bytes);
  }

  /** The same as 64 lower-case hex digits. */
  public static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(of(bytes));
  }
}
