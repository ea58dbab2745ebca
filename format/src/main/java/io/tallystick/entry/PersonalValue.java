package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A personal value with its salt, which stand beside an entry and not in it (format.md, Personal
 * values). The entry has their commitment, which shows nothing of the value to whoever lacks the
 * salt. Erasing replaces both by zeros. Immutable, as long as nobody changes the bytes.
 */
public final class PersonalValue {
  /** Length of a salt. */
  public static final int SALT_BYTES = 16;

  private static final byte COMMITMENT_PREFIX = 2;

  /** What a value is to the commitment in its entry. */
  public enum State {
    /** It is the value that was committed to. */
    THERE,
    /** Salt or value is zero: it was erased, or is just being erased. */
    ERASED,
    /** It is anything else. */
    DAMAGED
  }

  private final byte[] salt;
  private final byte[] value;

  /**
   * A value.
   *
   * @param salt {@link #SALT_BYTES} bytes; not copied
   * @param value the value as canonical JSON; not copied
   */
  public PersonalValue(byte[] salt, byte[] value) {
    if (salt.length != SALT_BYTES) {
      throw new IllegalArgumentException("a salt has " + SALT_BYTES + " bytes, not " + salt.length);
    }
    this.salt = salt;
    this.value = value;
  }

  /** A value with a new salt. */
  static PersonalValue salted(byte[] value) {
    return new PersonalValue(Salts.draw(), value);
  }

  /** A value that was erased and had so many bytes. */
  public static PersonalValue erased(int bytes) {
    return new PersonalValue(new byte[SALT_BYTES], new byte[bytes]);
  }

  /** The salt; not copied, so do not change it. */
  public byte[] salt() {
    return salt;
  }

  /** The salt as 22 characters of base64url without padding. */
  public String saltText() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(salt);
  }

  /** The value as canonical JSON; not copied, so do not change it. */
  public byte[] value() {
    return value;
  }

  /** The value as canonical JSON: a string with its quotes, a number, an object … */
  public String json() {
    return new String(value, UTF_8);
  }

  /** What the entry says of this value: SHA-256 of the byte 2, the salt and the value. */
  public Hash commitment() {
    return commitment(Sha256.newDigest());
  }

  Hash commitment(MessageDigest sha256) {
    sha256.update(COMMITMENT_PREFIX);
    sha256.update(salt);
    return Hash.of(sha256.digest(value));
  }

  /** What it is to this commitment. */
  public State state(Hash commitment) {
    if (commitment().equals(commitment)) {
      return State.THERE;
    }
    return isZero(salt) || isZero(value) ? State.ERASED : State.DAMAGED;
  }

  /** Whether every byte of salt and value is zero. */
  public boolean isZero() {
    return isZero(salt) && isZero(value);
  }

  private static boolean isZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PersonalValue that
        && Arrays.equals(salt, that.salt)
        && Arrays.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(salt) + Arrays.hashCode(value);
  }

  /** Neither salt nor value: nothing that prints objects may print a personal value. */
  @Override
  public String toString() {
    return "a personal value of " + value.length + " bytes";
  }

  /**
   * Salts that nobody can guess. {@link SecureRandom} would take a third of the time that an entry
   * with personal values needs, so it gives a key, and AES-256 in counter mode makes the next
   * {@link #BUFFER_BYTES} of it. A key is used once, and a salt is wiped here when it is drawn.
   * Safe for any number of threads.
   */
  private static final class Salts {
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
        byte[] salt = Arrays.copyOfRange(BUFFER, next, next + SALT_BYTES);
        Arrays.fill(BUFFER, next, next + SALT_BYTES, (byte) 0);
        next += SALT_BYTES;
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
}
