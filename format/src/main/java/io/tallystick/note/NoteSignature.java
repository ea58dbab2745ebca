package io.tallystick.note;

import io.tallystick.tlog.Canonical;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One signature line of a note, not verified: who says to have signed, and the signature (C2SP
 * signed-note, "Signatures").
 *
 * @param name the key's name
 * @param base64 of the four bytes of the key id and the signature
 */
public record NoteSignature(String name, String base64) {
  private static final String START = "— ";

  /** Refuses what no line can hold. */
  public NoteSignature {
    KeyName.check(name);
    if (Canonical.base64(base64).length <= Integer.BYTES) {
      throw new IllegalArgumentException("a signature has a key id and at least one byte more");
    }
  }

  NoteSignature(String name, int keyId, byte[] signature) {
    this(
        name,
        Canonical.base64(
            ByteBuffer.allocate(Integer.BYTES + signature.length)
                .putInt(keyId)
                .put(signature)
                .array()));
  }

  /**
   * Reads a line without its newline.
   *
   * @throws InvalidNoteException if it is not a signature line
   */
  public static NoteSignature parse(String line) throws InvalidNoteException {
    int space = line.lastIndexOf(' ');
    if (!line.startsWith(START) || space < START.length()) {
      throw new InvalidNoteException("a signature line is \"— name base64\"");
    }
    try {
      return new NoteSignature(line.substring(START.length(), space), line.substring(space + 1));
    } catch (IllegalArgumentException e) {
      throw new InvalidNoteException("a signature line is wrong: " + e.getMessage(), e);
    }
  }

  /** The line, without its newline. */
  public String line() {
    return START + name + " " + base64;
  }

  int keyId() {
    return ByteBuffer.wrap(Canonical.base64(base64)).getInt();
  }

  byte[] signature() {
    byte[] bytes = Canonical.base64(base64);
    return Arrays.copyOfRange(bytes, Integer.BYTES, bytes.length);
  }
}
