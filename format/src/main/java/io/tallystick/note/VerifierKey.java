package io.tallystick.note;

import io.tallystick.tlog.Canonical;
import io.tallystick.tlog.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A public key and its name: C2SP signed-note, "Verifier keys". Immutable and safe for use by many
 * threads.
 */
public final class VerifierKey {
  private final String name;
  private final KeyType type;
  private final byte[] publicKey;
  private final int id;

  VerifierKey(String name, KeyType type, byte[] publicKey) {
    KeyName.checkOwn(name);
    if (!type.scheme().isPublicKey(publicKey)) {
      throw new IllegalArgumentException("this is not a public key of type " + type);
    }
    this.name = name;
    this.type = type;
    this.publicKey = publicKey.clone();
    this.id = id(name, encoded());
  }

  /**
   * Reads {@code name+hex(key id)+base64(type ‖ public key)}.
   *
   * @throws IllegalArgumentException if it is not a key of a supported type, or the id is not its
   */
  public static VerifierKey parse(String text) {
    String[] parts = text.split("\\+", 3);
    if (parts.length != 3) {
      throw new IllegalArgumentException("a verifier key is name+hash+base64");
    }
    byte[] encoded = Canonical.base64(parts[2]);
    if (encoded.length == 0) {
      throw new IllegalArgumentException("a verifier key has a type and a public key");
    }
    VerifierKey key =
        new VerifierKey(
            parts[0], KeyType.of(encoded[0]), Arrays.copyOfRange(encoded, 1, encoded.length));
    if (!key.hexId().equals(parts[1])) {
      throw new IllegalArgumentException(
          "the verifier key of " + key.name + " has the id " + key.hexId() + ", not " + parts[1]);
    }
    return key;
  }

  /** The key's name: of a log, its origin. */
  public String name() {
    return name;
  }

  /** What the key signs and how. */
  public KeyType type() {
    return type;
  }

  /** The four bytes by which a signature line names the key. */
  int id() {
    return id;
  }

  String hexId() {
    return HexFormat.of().toHexDigits(id);
  }

  /** The key's name and id: enough to tell it from others in a message. */
  public String label() {
    return name + "+" + hexId();
  }

  /** Whether a signature line names this key: by name and id, both. */
  boolean isNamedBy(NoteSignature signature) {
    return name.equals(signature.name()) && id == signature.keyId();
  }

  /** The signature with its time, if it is this key's over the text; else empty. */
  Optional<VerifiedSignature> verify(String text, NoteSignature signature) {
    ByteBuffer bytes = ByteBuffer.wrap(signature.signature());
    if (type.isTimestamped() && bytes.remaining() < Long.BYTES) {
      return Optional.empty();
    }
    long epochSecond = type.isTimestamped() ? bytes.getLong() : 0;
    if (epochSecond < 0 || epochSecond > Instant.MAX.getEpochSecond()) {
      return Optional.empty();
    }
    byte[] raw = new byte[bytes.remaining()];
    bytes.get(raw);
    try {
      byte[] message = type.message(name, epochSecond, text);
      if (!type.scheme().verifies(publicKey, message, raw)) {
        return Optional.empty();
      }
    } catch (InvalidNoteException notSignedByThisType) {
      return Optional.empty();
    }
    return Optional.of(new VerifiedSignature(this, time(epochSecond)));
  }

  /** tlog-cosignature: ML-DSA-44's time 0 says nothing, Ed25519's is always a time. */
  private Optional<Instant> time(long epochSecond) {
    boolean unsaid = type == KeyType.ML_DSA_44 && epochSecond == 0;
    return type.isTimestamped() && !unsaid
        ? Optional.of(Instant.ofEpochSecond(epochSecond))
        : Optional.empty();
  }

  /** The type and the public key. */
  private byte[] encoded() {
    return ByteBuffer.allocate(1 + publicKey.length).put(type.code()).put(publicKey).array();
  }

  /** C2SP signed-note, "Signatures": {@code SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]}. */
  private static int id(String name, byte[] encoded) {
    MessageDigest sha256 = Sha256.newDigest();
    sha256.update((name + "\n").getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(sha256.digest(encoded)).getInt();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VerifierKey key
        && name.equals(key.name)
        && type == key.type
        && Arrays.equals(publicKey, key.publicKey);
  }

  @Override
  public int hashCode() {
    return id;
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    return label() + "+" + Canonical.base64(encoded());
  }
}
