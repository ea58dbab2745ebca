package io.tallystick.cli;

import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody who verifies brings along and trusts.
 *
 * @param keys of the log; empty to take those that the log names itself
 * @param earlier checkpoint that was taken away; {@code null} for none
 */
record Trust(List<VerifierKey> keys, @Nullable SignedNote earlier) {
  Trust {
    keys = List.copyOf(keys);
  }

  /** From command line options: verifier keys, and a file with a checkpoint. */
  static Trust of(List<String> keys, @Nullable Path checkpoint) throws IOException {
    List<VerifierKey> parsed = new ArrayList<>();
    for (String key : keys) {
      parsed.add(key(key));
    }
    return new Trust(parsed, checkpoint == null ? null : note(checkpoint));
  }

  static VerifierKey key(String text) {
    try {
      return VerifierKey.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          Failure.USAGE,
          "--key is \""
              + Printable.of(text)
              + "\"; taken is a verifier key, name+hash+base64, as \"tally key\" prints it");
    }
  }

  private static SignedNote note(Path file) throws IOException {
    try {
      return SignedNote.parse(Files.readAllBytes(file));
    } catch (InvalidNoteException e) {
      throw new Failure(Failure.USAGE, file + " is not a checkpoint: " + e.getMessage());
    }
  }
}
