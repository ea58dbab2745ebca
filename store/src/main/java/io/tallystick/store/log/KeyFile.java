package io.tallystick.store.log;

import io.tallystick.note.SignerKey;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.NotPrivateException;
import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A file of signing keys, one per line (C2SP signed-note, "Signer keys"), for its owner alone. */
public final class KeyFile {
  private KeyFile() {}

  /**
   * Reads the keys, of which there is at least one; empty if there is no file.
   *
   * @throws LogException.NoKey if others own the file or have a permission on it, or it holds
   *     something else
   */
  public static Optional<List<SignerKey>> read(Path file) throws IOException {
    try {
      OwnerOnly.checkPrivate(file);
      List<SignerKey> keys =
          Files.readAllLines(file, StandardCharsets.US_ASCII).stream()
              .map(SignerKey::parse)
              .toList();
      if (keys.isEmpty()) {
        throw new LogException.NoKey(file + " is empty; it should hold a signing key");
      }
      return Optional.of(keys);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (NotPrivateException e) {
      throw new LogException.NoKey(String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException | java.nio.charset.CharacterCodingException e) {
      throw new LogException.NoKey(file + " holds no signing key: " + e.getMessage());
    }
  }

  /** Writes the keys, durably, readable by the owner alone. */
  public static void write(Path file, List<SignerKey> keys) throws IOException {
    String lines = keys.stream().map(key -> key.privateText() + "\n").collect(Collectors.joining());
    AtomicFile.write(file, lines.getBytes(StandardCharsets.US_ASCII));
  }
}
