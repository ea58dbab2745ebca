package io.tallystick.entry;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Salts that nobody can guess. {@link SecureRandom} would take a third of the time that an entry
 * with personal values needs, so it gives a key, and AES-256 in counter mode makes the next {@link
 * #BUFFER_BYTES} of it. A key is used once, and a salt is wiped here when it is drawn. Safe for any
 * number of threads.
 */
final class Salts {
  private static final int KEY_BYTES = 32;
  private static final int BUFFER_BYTES = 4096;
  private static final byte[] ZEROS = new byte[BUFFER_BYTES];
  private static final SecureRandom KEYS = new SecureRandom();

  private static final ReentrantLock LOCK = new ReentrantLock();

  @GuardedBy("LOCK")
  private static final byte[] BUFFER = new byte[BUFFER_BYTES];

  @GuardedBy("LOCK")
  private static int next = BUFFER_BYTES;

  private Salts() {}

  /** A new salt. */
  static byte[] draw() {
    LOCK.lock();
    try {
      if (next == BUFFER_BYTES) {
        fill();
      }
      byte[] salt = Arrays.copyOfRange(BUFFER, next, next + PersonalValue.SALT_BYTES);
      Arrays.fill(BUFFER, next, next + PersonalValue.SALT_BYTES, (byte) 0);
      next += PersonalValue.SALT_BYTES;
      return salt;
    } finally {
      LOCK.unlock();
    }
  }

  @GuardedBy("LOCK")
  private static void fill() {
    byte[] key = new byte[KEY_BYTES];
    KEYS.nextBytes(key);
    try {
      Cipher aes = Cipher.getInstance("AES/CTR/NoPadding");
      aes.init(
          Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[16]));
      aes.doFinal(ZEROS, 0, BUFFER_BYTES, BUFFER);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java platform has no AES", e);
    }
    Arrays.fill(key, (byte) 0);
    next = 0;
  }
}
