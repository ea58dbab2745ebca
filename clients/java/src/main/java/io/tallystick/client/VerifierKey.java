package io.tallystick.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A public key that signs checkpoints, and its name (C2SP signed-note, "Verifier keys"). {@code
 * tally key} prints that of a log. Immutable.
 */
public final class VerifierKey {
  private static final byte ED25519 = 1;

  /** What stands before the 32 bytes of an Ed25519 key in its X.509 form (RFC 8410). */
  private static final byte[] X509_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private final String name;
  private final int id;
  private final PublicKey key;

  private VerifierKey(String name, int id, PublicKey key) {
    this.name = name;
    this.id = id;
    this.key = key;
  }

  /**
   * Reads {@code name+hash+base64}.
   *
   * @throws IllegalArgumentException if it is not an Ed25519 key, or the hash is not its
   */
  public static VerifierKey parse(String text) {
    String[] parts = text.split("\\+", 3);
    if (parts.length != 3) {
      throw new IllegalArgumentException(
          "a verifier key is name+hash+base64, but this is \"" + text + "\"");
    }
    try {
      byte[] encoded = Hash.base64(parts[2]);
      byte[] digest = Hash.sha256((parts[0] + "\n").getBytes(UTF_8), encoded);
      String hash = HexFormat.of().formatHex(digest, 0, 4);
      if (!hash.equals(parts[1])) {
        throw new IllegalArgumentException(
            "the verifier key of " + parts[0] + " has the hash " + hash + ", not " + parts[1]);
      }
      if (encoded.length == 33 && encoded[0] == ED25519) {
        byte[] x509 = Arrays.copyOf(X509_PREFIX, X509_PREFIX.length + 32);
        System.arraycopy(encoded, 1, x509, X509_PREFIX.length, 32);
        PublicKey key =
            KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(x509));
        return new VerifierKey(parts[0], ByteBuffer.wrap(digest).getInt(), key);
      }
    } catch (GeneralSecurityException | VerificationException e) {
      throw new IllegalArgumentException("the verifier key of " + parts[0] + " is malformed", e);
    }
    throw new IllegalArgumentException(
        "the verifier key of " + parts[0] + " is not an Ed25519 key");
  }

  String name() {
    return name;
  }

  boolean isNamedBy(String signer, byte[] signature) {
    return signer.equals(name)
        && signature.length > Integer.BYTES
        && ByteBuffer.wrap(signature).getInt() == id;
  }

  /** Whether it made this signature, the key's hash before it, of this text. */
  boolean hasSigned(String text, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(text.getBytes(UTF_8));
      return verifier.verify(signature, Integer.BYTES, signature.length - Integer.BYTES);
    } catch (GeneralSecurityException malformed) {
      return false;
    }
  }
}
