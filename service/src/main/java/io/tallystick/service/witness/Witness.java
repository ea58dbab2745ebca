package io.tallystick.service.witness;

import io.tallystick.note.AddCheckpoint;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.KeyType;
import io.tallystick.note.NoteSignature;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.witness.RefusedException.Reason;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.DirectoryLock;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.KeyFile;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Signs checkpoints of the logs it watches, each only if it continues the one before (C2SP
 * tlog-witness). Its directory holds its key and, for each log, the newest checkpoint that it
 * signed. If the directory is lost, the witness needs another name, because this one could then be
 * shown an older history. Safe for any number of threads; one process at a time.
 */
public final class Witness implements AutoCloseable {
  /** The most signatures of the log that are kept with a checkpoint, as evidence. */
  private static final int MAX_KEPT = 16;

  private final SignerKey key;
  private final List<VerifierKey> logs;
  private final Path checkpoints;
  private final Clock clock;
  private final DirectoryLock lock;

  private Witness(
      SignerKey key, List<VerifierKey> logs, Path checkpoints, Clock clock, DirectoryLock lock) {
    this.key = key;
    this.logs = logs;
    this.checkpoints = checkpoints;
    this.clock = clock;
    this.lock = lock;
  }

  /**
   * Opens a witness's directory, which is made with a new key if it is not there.
   *
   * @param name of a witness that is about to be made, as in {@link VerifierKey#name}; one that is
   *     there keeps its own
   * @param logs the keys of the logs to watch; several with the same name are of one log
   * @throws IOException if another process has it open, it is not ours alone, or its key can't be
   *     used
   */
  public static Witness open(Path directory, String name, Collection<VerifierKey> logs, Clock clock)
      throws IOException {
    Path checkpoints = directory.resolve("logs");
    OwnerOnly.createDirectories(directory);
    OwnerOnly.claim(directory);
    OwnerOnly.createDirectories(checkpoints);
    DirectoryLock lock = lock(directory);
    try {
      AtomicFile.deleteStale(checkpoints);
      SignerKey key = key(directory.resolve("witness.key"), name);
      return new Witness(key, List.copyOf(logs), checkpoints, clock, lock);
    } catch (IOException | RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  private static DirectoryLock lock(Path directory) throws IOException {
    String used = directory + " is in use by another witness";
    try {
      return DirectoryLock.tryLock(directory).orElseThrow(() -> new IOException(used));
    } catch (OverlappingFileLockException e) {
      throw new IOException(used, e);
    }
  }

  private static SignerKey key(Path file, String name) throws IOException {
    Optional<List<SignerKey>> known = KeyFile.read(file);
    if (known.isEmpty()) {
      SignerKey key = SignerKey.generate(name, KeyType.ED25519_COSIGNATURE, new SecureRandom());
      KeyFile.write(file, List.of(key));
      return key;
    }
    SignerKey key = known.get().getFirst();
    if (known.get().size() > 1 || key.verifier().type() != KeyType.ED25519_COSIGNATURE) {
      throw new IOException(file + " does not hold one key for cosignatures");
    }
    return key;
  }

  /** The key that others verify its signatures with. */
  public VerifierKey verifier() {
    return key.verifier();
  }

  /**
   * Signs a checkpoint, if it continues what was signed before. It is stored before this returns.
   *
   * @return the signature, to put under the checkpoint
   * @throws RefusedException if it does not sign, for the first reason that holds
   * @throws IOException if what it knows can't be read or written
   */
  public synchronized NoteSignature sign(AddCheckpoint request)
      throws RefusedException, IOException {
    Checkpoint checkpoint = verified(request);
    if (request.oldSize() > checkpoint.size()) {
      throw new RefusedException(
          Reason.MALFORMED,
          "the old size " + request.oldSize() + " is above the new one, " + checkpoint.size());
    }
    Path file = file(checkpoint.origin());
    Optional<Checkpoint> newest = read(file, checkpoint.origin());
    long size = newest.map(Checkpoint::size).orElse(0L);
    if (request.oldSize() != size) {
      throw new RefusedException(
          Reason.OTHER_SIZE, size, "the newest checkpoint signed here is over " + size);
    }
    checkContinues(newest, request, checkpoint);
    SignedNote signed =
        SignedNote.sign(request.note().text(), List.of(key), clock.instant())
            .with(
                request.note().signatures().stream()
                    .filter(signature -> signature.name().equals(checkpoint.origin()))
                    .limit(MAX_KEPT)
                    .toList());
    AtomicFile.write(file, signed.toBytes());
    return signed.signatures().getFirst();
  }

  private Checkpoint verified(AddCheckpoint request) throws RefusedException {
    Checkpoint checkpoint;
    try {
      checkpoint = request.checkpoint();
    } catch (InvalidNoteException e) {
      throw new RefusedException(Reason.MALFORMED, String.valueOf(e.getMessage()));
    }
    List<VerifierKey> known = keysOf(checkpoint.origin());
    if (known.isEmpty()) {
      throw new RefusedException(Reason.UNKNOWN_LOG, "this log is not watched here");
    }
    try {
      return Checkpoint.open(request.note(), known);
    } catch (InvalidNoteException e) {
      throw new RefusedException(Reason.NOT_SIGNED, String.valueOf(e.getMessage()));
    }
  }

  private List<VerifierKey> keysOf(String origin) {
    return logs.stream().filter(log -> log.name().equals(origin)).toList();
  }

  private static void checkContinues(
      Optional<Checkpoint> newest, AddCheckpoint request, Checkpoint checkpoint)
      throws RefusedException {
    try {
      if (newest.isPresent()) {
        new ProofVerifier(new Hasher())
            .consistency(
                newest.get().size(),
                newest.get().root(),
                request.proof(),
                checkpoint.size(),
                checkpoint.root());
      } else if (!request.proof().isEmpty()) {
        throw new InvalidProofException("the proof from size 0 is empty");
      }
    } catch (InvalidProofException e) {
      throw new RefusedException(
          Reason.CONTRADICTION,
          "the checkpoint over "
              + checkpoint.size()
              + " entries is not shown to continue the one over "
              + request.oldSize()
              + ": "
              + e.getMessage());
    }
  }

  /**
   * The newest checkpoint of a log that was signed here; what is damaged is never taken for none.
   */
  private Optional<Checkpoint> read(Path file, String origin) throws IOException {
    try {
      SignedNote note = SignedNote.parse(Files.readAllBytes(file));
      note.verify(List.of(key.verifier()));
      Checkpoint checkpoint = Checkpoint.parse(note.text());
      if (!checkpoint.origin().equals(origin)) {
        throw new IOException(file + " is about another log");
      }
      return Optional.of(checkpoint);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (InvalidNoteException e) {
      throw new IOException(file + " is not what this witness wrote: " + e.getMessage(), e);
    }
  }

  /** An origin can hold any character, so the file has its hash for a name. */
  private Path file(String origin) {
    byte[] hash = Sha256.of(origin.getBytes(StandardCharsets.UTF_8));
    return checkpoints.resolve(HexFormat.of().formatHex(hash) + ".note");
  }

  @Override
  public synchronized void close() throws IOException {
    lock.close();
  }
}
