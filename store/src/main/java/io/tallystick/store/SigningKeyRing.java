package io.tallystick.store;

import io.tallystick.note.KeyType;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The keys that sign the log's checkpoints, in a file of their own that only its owner may read:
 * one signer key a line, an Ed25519 one first (C2SP signed-note, "Signer keys"), then an ML-DSA-44
 * one where the log is signed for the time after Ed25519 too.
 *
 * <p>A new key is made beside the old one, in a file that ends in {@code .next}, and takes its
 * place when a checkpoint that both signed is published; so a crash in between leaves one or the
 * other.
 */
final class SigningKeyRing {
  private final Path file;

  SigningKeyRing(Path file) {
    this.file = file;
  }

  /** Makes keys for the log with this origin, which must have none yet. */
  List<SignerKey> create(String origin, boolean postQuantum) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      OwnerOnly.createDirectories(folder);
    }
    List<SignerKey> keys = generate(origin, postQuantum);
    KeyFile.write(file, keys);
    return keys;
  }

  private static List<SignerKey> generate(String origin, boolean postQuantum) {
    SecureRandom random = new SecureRandom();
    List<SignerKey> keys = new ArrayList<>();
    keys.add(SignerKey.generate(origin, KeyType.ED25519, random));
    if (postQuantum) {
      keys.add(SignerKey.generate(origin, KeyType.ML_DSA_44, random));
    }
    return keys;
  }

  /**
   * The keys, the Ed25519 one first; empty if there is no file.
   *
   * @throws LogException.NoKey if the file can't be used
   */
  Optional<List<SignerKey>> read(String origin) throws IOException {
    return read(file, origin);
  }

  private static Optional<List<SignerKey>> read(Path file, String origin) throws IOException {
    Optional<List<SignerKey>> read = KeyFile.read(file);
    if (read.isEmpty()) {
      return read;
    }
    List<SignerKey> keys = read.get();
    if (keys.getFirst().verifier().type() != KeyType.ED25519) {
      throw new LogException.NoKey(file + " does not begin with an Ed25519 signing key");
    }
    for (SignerKey key : keys) {
      if (!key.verifier().name().equals(origin)) {
        throw new LogException.NoKey(
            file
                + " holds a key named "
                + key.verifier().name()
                + "; this log needs one named "
                + origin);
      }
    }
    return read;
  }

  /** Makes the keys that come after these, without using them yet. */
  List<SignerKey> prepareNext(List<SignerKey> keys) throws IOException {
    VerifierKey newest = keys.getFirst().verifier();
    List<SignerKey> next = generate(newest.name(), keys.size() > 1);
    KeyFile.write(next(), next);
    return next;
  }

  /** Keys that were made and not put in place; empty on a good day. */
  Optional<List<SignerKey>> readNext(String origin) throws IOException {
    return read(next(), origin);
  }

  /** Puts the next keys in the place of the old ones, which are gone then. */
  void moveNext() throws IOException {
    Files.move(next(), file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      AtomicFile.forceDirectory(folder);
    }
  }

  private Path next() {
    return file.resolveSibling(file.getFileName() + ".next");
  }
}
