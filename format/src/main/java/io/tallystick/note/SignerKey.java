package io.tallystick.note;

import io.tallystick.tlog.Canonical;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;

/**
 * A private key and its name. Immutable and safe for use by many threads. Nothing but {@link
 * #privateText} gives the secret away.
 */
public final class SignerKey {
  private static final String START = "PRIVATE+KEY+";

  private final byte[] seed;
  private final VerifierKey verifier;

  private SignerKey(String name, KeyType type, byte[] seed) {
    this.seed = seed;
    this.verifier = new VerifierKey(name, type, type.scheme().publicKey(seed));
  }

  /** A new key from 32 bytes of this source. */
  public static SignerKey generate(String name, KeyType type, SecureRandom random) {
    byte[] seed = new byte[SignatureScheme.SEED_BYTES];
    random.nextBytes(seed);
    return new SignerKey(name, type, seed);
  }

  /**
   * Reads {@code PRIVATE+KEY+name+hex(key id)+base64(type ‖ seed)}, the form of Go's note package.
   *
   * @throws IllegalArgumentException if it is not a key of a supported type, or the id is not its;
   *     the message holds nothing of the key
   */
  public static SignerKey parse(String text) {
    String[] parts = text.startsWith(START) ? text.split("\\+", 5) : new String[0];
    if (parts.length != 5) {
      throw new IllegalArgumentException("a signer key is PRIVATE+KEY+name+hash+base64");
    }
    byte[] encoded = Canonical.base64(parts[4]);
    if (encoded.length != 1 + SignatureScheme.SEED_BYTES) {
      throw new IllegalArgumentException("a signer key has a type and a seed of 32 bytes");
    }
    byte[] seed = Arrays.copyOfRange(encoded, 1, encoded.length);
    SignerKey key = new SignerKey(parts[2], KeyType.of(encoded[0]), seed);
    if (!key.verifier.hexId().equals(parts[3])) {
      throw new IllegalArgumentException("the id of the signer key is not that of its public key");
    }
    return key;
  }

  /** The public key. */
  public VerifierKey verifier() {
    return verifier;
  }

  /** The secret, as {@link #parse} reads it, without a newline. */
  public String privateText() {
    byte[] encoded =
        ByteBuffer.allocate(1 + seed.length).put(verifier.type().code()).put(seed).array();
    return START + verifier.label() + "+" + Canonical.base64(encoded);
  }

  /**
   * Signs a note's text.
   *
   * @param text ends with a newline; of an ML-DSA-44 key, a checkpoint
   * @param time goes into the signature, to the second, if its type has one; 1970 or later
   */
  NoteSignature sign(String text, Instant time) {
    VerifierKey key = verifier;
    KeyType type = key.type();
    long epochSecond = time.getEpochSecond();
    if (epochSecond < 0) {
      throw new IllegalArgumentException("a signature's time is not before 1970: " + time);
    }
    byte[] message;
    try {
      message = type.message(key.name(), epochSecond, text);
    } catch (InvalidNoteException e) {
      throw new IllegalArgumentException("a key of type " + type + " signs only checkpoints", e);
    }
    byte[] signature = type.scheme().sign(seed, message);
    byte[] bytes =
        type.isTimestamped()
            ? ByteBuffer.allocate(Long.BYTES + signature.length)
                .putLong(epochSecond)
                .put(signature)
                .array()
            : signature;
    return new NoteSignature(key.name(), key.id(), bytes);
  }

  /** The name and the key id, not the secret. */
  @Override
  public String toString() {
    return "signer key " + verifier.label();
  }
}
