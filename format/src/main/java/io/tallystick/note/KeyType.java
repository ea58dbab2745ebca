package io.tallystick.note;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a key signs and how: the signature types of C2SP signed-note that are used here. */
public enum KeyType {
  /** Ed25519 over the text: what a log signs its checkpoints with. */
  ED25519(0x01, "Ed25519", SignatureScheme.ED25519) {
    @Override
    byte[] message(String signer, long epochSecond, String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  },

  /**
   * Ed25519 over a time and the text: what a witness signs (C2SP tlog-cosignature, "Ed25519 signed
   * message").
   */
  ED25519_COSIGNATURE(0x04, "an Ed25519 cosignature", SignatureScheme.ED25519) {
    @Override
    byte[] message(String signer, long epochSecond, String text) {
      return ("cosignature/v1\ntime " + epochSecond + "\n" + text).getBytes(StandardCharsets.UTF_8);
    }
  },

  /**
   * ML-DSA-44 over a time and what the text says as a checkpoint: what a witness signs, or a log in
   * addition to Ed25519 (C2SP tlog-cosignature, "ML-DSA-44 signed message"). It would not cover
   * extension lines, and {@link Checkpoint} takes none. Time 0 says nothing about the time.
   *
   * <p>The specification names no FIPS 204 context, so it is empty, and no text form of a signer
   * key of this type: it is taken to hold the 32-byte seed ξ in the place of Ed25519's.
   */
  ML_DSA_44(0x06, "ML-DSA-44", SignatureScheme.ML_DSA_44) {
    @Override
    byte[] message(String signer, long epochSecond, String text) throws InvalidNoteException {
      Checkpoint checkpoint = Checkpoint.parse(text);
      ByteArrayOutputStream message = new ByteArrayOutputStream();
      message.writeBytes("subtree/v1\n\0".getBytes(StandardCharsets.US_ASCII));
      writeOpaque(message, signer);
      message.writeBytes(bigEndian(epochSecond));
      writeOpaque(message, checkpoint.origin());
      message.writeBytes(bigEndian(0));
      message.writeBytes(bigEndian(checkpoint.size()));
      message.writeBytes(checkpoint.root().toBytes());
      return message.toByteArray();
    }
  };

  private final byte code;
  private final String label;
  private final SignatureScheme scheme;

  KeyType(int code, String label, SignatureScheme scheme) {
    this.code = (byte) code;
    this.label = label;
    this.scheme = scheme;
  }

  /**
   * The type with this identifier byte.
   *
   * @throws IllegalArgumentException if it is not one of these
   */
  static KeyType of(byte code) {
    return Arrays.stream(values())
        .filter(type -> type.code == code)
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "a key of type 0x%02x is not supported; 0x01, 0x04 and 0x06 are".formatted(code)));
  }

  byte code() {
    return code;
  }

  /** What a message calls it. */
  public String label() {
    return label;
  }

  SignatureScheme scheme() {
    return scheme;
  }

  /** Whether a witness's key is of this type: it signs a time with the checkpoint. */
  public boolean isCosignature() {
    return isTimestamped();
  }

  /** Whether eight bytes of time come before the signature: a {@code timestamped_signature}. */
  boolean isTimestamped() {
    return this != ED25519;
  }

  /**
   * The bytes that are signed.
   *
   * @param epochSecond ignored by a type without time
   * @throws InvalidNoteException if this type signs nothing but checkpoints, and the text is none
   */
  abstract byte[] message(String signer, long epochSecond, String text) throws InvalidNoteException;

  static byte[] bigEndian(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  /** RFC 8446 section 3.4: {@code opaque <1..2^8-1>}. */
  private static void writeOpaque(ByteArrayOutputStream message, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    message.write(bytes.length);
    message.writeBytes(bytes);
  }
}
