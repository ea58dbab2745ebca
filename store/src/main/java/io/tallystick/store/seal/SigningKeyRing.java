package io.tallystick.store.seal;

import io.tallystick.note.KeyType;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.KeyFile;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.LogIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The keys that sign the log's checkpoints, in a file that only its owner may read: one signer key
 * per line, an Ed25519 key first (C2SP signed-note, "Signer keys"), then an ML-DSA-44 key if the
 * log also has signatures that outlast Ed25519. Immutable except for {@link #completeRotation}.
 *
 * <p>A rotation creates new keys beside the old ones, in a file whose name ends in {@code .next}.
 * The next open signs with both. Once a checkpoint that both signed is published, the new keys
 * replace the old ones, so a crash in between leaves one set or the other.
 */
public final class SigningKeyRing {
  private final Path file;
  private final LogIdentity identity;
  private final List<SignerKey> signers;
  private final List<SignerKey> retiring;

  private SigningKeyRing(
      Path file, LogIdentity identity, List<SignerKey> signers, List<SignerKey> retiring) {
    this.file = file;
    this.identity = identity;
    this.signers = List.copyOf(signers);
    this.retiring = List.copyOf(retiring);
  }

  /**
   * Reads the log's keys, creates them for a new log, and puts the new keys of a prepared rotation
   * into use. Adds missing verifier keys to {@code log.json}. The caller holds the writer's lock.
   *
   * @throws LogException.NoKey if the keys are missing, open to other users, or belong to another
   *     log
   */
  public static SigningKeyRing open(DataDirectory directory, LogIdentity identity, LogConfig config)
      throws IOException {
    Path file = fileOf(directory, config);
    String origin = identity.origin();
    Optional<List<SignerKey>> known = read(file, origin);
    if (known.isEmpty() && !identity.verifierKeys().isEmpty()) {
      throw new LogException.NoKey(
          "the signing key of this log is missing: restore it to "
              + directory.signingKey()
              + ", or name its file with --key-file");
    }
    List<SignerKey> current =
        known.isPresent() ? known.get() : create(file, origin, config.postQuantum());
    if (!identity.verifierKeys().isEmpty()
        && !identity.keys().contains(current.getFirst().verifier())) {
      throw new LogException.NoKey(
          "the signing key "
              + current.getFirst().verifier().label()
              + " does not belong to this log: log.json names "
              + identity.keys().stream().map(VerifierKey::label).toList());
    }
    LogIdentity trusting =
        identity.verifierKeys().isEmpty() ? trust(directory, identity, current) : identity;
    Optional<List<SignerKey>> next = read(next(file), origin);
    if (next.isEmpty()) {
      return new SigningKeyRing(file, trusting, current, List.of());
    }
    return new SigningKeyRing(file, trust(directory, trusting, next.get()), next.get(), current);
  }

  /** Creates new keys, which the next open puts into use. The caller holds the writer's lock. */
  public static void prepareRotation(
      DataDirectory directory, LogIdentity identity, LogConfig config) throws IOException {
    Path file = fileOf(directory, config);
    List<SignerKey> current = read(file, identity.origin()).orElseThrow();
    KeyFile.write(next(file), generate(identity.origin(), current.size() > 1));
  }

  /** The log's identity, in which these keys come first. */
  public LogIdentity identity() {
    return identity;
  }

  /** The keys that sign from now on, the Ed25519 one first. */
  List<SignerKey> signers() {
    return signers;
  }

  /** Whether old keys still have to be replaced. */
  boolean isRotating() {
    return !retiring.isEmpty();
  }

  /** The new keys and those that they replace. */
  List<SignerKey> newAndRetiring() {
    List<SignerKey> all = new ArrayList<>(signers);
    all.addAll(retiring);
    return all;
  }

  /** Deletes the old keys, once a checkpoint that both signed is published. */
  void completeRotation() throws IOException {
    Files.move(next(file), file, StandardCopyOption.ATOMIC_MOVE);
    AtomicFile.forceDirectory(file.toAbsolutePath().resolveSibling(""));
  }

  private static Path fileOf(DataDirectory directory, LogConfig config) {
    Path file = config.keyFile();
    return file == null ? directory.signingKey() : file;
  }

  private static Path next(Path file) {
    return file.resolveSibling(file.getFileName() + ".next");
  }

  private static List<SignerKey> create(Path file, String origin, boolean postQuantum)
      throws IOException {
    OwnerOnly.createDirectories(file.toAbsolutePath().resolveSibling(""));
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
   * Reads the keys, the Ed25519 one first; empty if there is no file.
   *
   * @throws LogException.NoKey if they cannot sign for this log
   */
  static Optional<List<SignerKey>> read(Path file, String origin) throws IOException {
    Optional<List<SignerKey>> read = KeyFile.read(file);
    if (read.isEmpty()) {
      return read;
    }
    List<SignerKey> keys = read.get();
    if (keys.getFirst().verifier().type() != KeyType.ED25519) {
      throw new LogException.NoKey(file + " must begin with an Ed25519 signing key");
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

  /** Puts the verifier keys first in {@code log.json}. */
  private static LogIdentity trust(
      DataDirectory directory, LogIdentity identity, List<SignerKey> signers) throws IOException {
    List<String> all = new ArrayList<>();
    signers.forEach(key -> all.add(key.verifier().toString()));
    identity.verifierKeys().stream().filter(key -> !all.contains(key)).forEach(all::add);
    if (all.equals(identity.verifierKeys())) {
      return identity;
    }
    LogIdentity trusting = identity.withVerifierKeys(all);
    trusting.write(directory.identity());
    return trusting;
  }
}
