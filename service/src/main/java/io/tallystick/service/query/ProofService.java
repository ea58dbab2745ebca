package io.tallystick.service.query;

import io.tallystick.index.scope.Scope;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.NoteSignature;
import io.tallystick.note.TimestampToken;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.answer.CheckpointInfo;
import io.tallystick.service.answer.CheckpointList;
import io.tallystick.service.answer.ConsistencyProof;
import io.tallystick.service.answer.LogInfo;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.store.BundleStream;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.EntryBundle;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TlogProof;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tree over a log: proofs, checkpoints, tiles. Knows no HTTP. Safe for any number of
 * threads.
 */
public final class ProofService {
  private final LogReader log;
  private final CheckpointSource sealing;
  private final @Nullable WitnessFeeder witnessFeeder;

  /** For a log whose checkpoints only the log itself signs. */
  public ProofService(LogReader log, CheckpointSource sealing) {
    this(log, sealing, null);
  }

  /**
   * @param witnessFeeder where checkpoints with witnesses' signatures come from; {@code null} for
   *     nowhere
   */
  public ProofService(
      LogReader log, CheckpointSource sealing, @Nullable WitnessFeeder witnessFeeder) {
    this.log = log;
    this.sealing = sealing;
    this.witnessFeeder = witnessFeeder;
  }

  /**
   * The newest checkpoint that witnesses signed, where there are any and they keep up; otherwise
   * the newest.
   */
  private Optional<SignedCheckpoint> newest() throws IOException {
    Optional<SignedCheckpoint> own = log.tree().newest();
    if (witnessFeeder == null) {
      return own;
    }
    long size = own.map(SignedCheckpoint::size).orElse(0L);
    return witnessFeeder
        .newest()
        .filter(cosigned -> cosigned.size() >= size || witnessFeeder.keepsUp())
        .or(() -> own);
  }

  /**
   * The C2SP tlog-proof of an entry under a checkpoint that covers it; empty if there is no such
   * entry in the scope, or no checkpoint covers it yet and none can be signed here. For a part of
   * the log it is the oldest such checkpoint, since one tells how many entries the log had.
   */
  public Optional<TlogProof> proof(long id, Scope scope) throws IOException, InterruptedException {
    if (!canProve(id, scope)) {
      return Optional.empty();
    }
    SignedCheckpoint under = (scope.isAll() ? newest() : log.tree().oldestOver(id)).orElse(null);
    if (under == null || under.size() < id) {
      under = log.tree().newest().orElse(null);
    }
    if (under == null || under.size() < id) {
      under = sealing.newest().orElse(null);
    }
    if (under == null || under.size() < id) {
      return Optional.empty();
    }
    return Optional.of(log.tree().prove(id, under));
  }

  /**
   * Whether the scope may have an entry with this id, so that it can be proved; signs nothing. Of
   * the whole log, that may be one that retention removed.
   */
  public boolean canProve(long id, Scope scope) throws IOException {
    return scope.isAll() ? id <= log.lastId() : LogView.entry(log, scope, id).isPresent();
  }

  /**
   * The RFC 9162 proof that the tree of one size is the beginning of that of another.
   *
   * @param to {@code null} for the size of the newest checkpoint
   * @throws InvalidParameterException if a size is out of range, or {@code from} is {@code null}
   */
  public ConsistencyProof consistency(@Nullable Long from, @Nullable Long to) throws IOException {
    long size = log.tree().size();
    long end = to == null ? size : Parameters.number("to", to.toString(), 0, size);
    if (from == null) {
      throw new InvalidParameterException(
          "from", "from is missing; give the size of an earlier checkpoint, 0 to " + end);
    }
    long start = Parameters.number("from", from.toString(), 0, end);
    return new ConsistencyProof(
        start, end, log.tree().consistency(start, end).stream().map(Hash::toBase64).toList());
  }

  /**
   * A page of the checkpoints that are kept, newest first; the newest of all is among them, kept or
   * not. Only those on the page are read and verified.
   */
  public CheckpointList checkpoints(CheckpointQuery query) throws IOException {
    List<CheckpointList.Kept> page = new ArrayList<>();
    boolean more = false;
    Optional<SignedCheckpoint> newest = log.tree().newest();
    long newestSize = newest.map(SignedCheckpoint::size).orElse(-1L);
    List<LogTree.KeptFile> files = log.tree().keptFiles();
    if (newest.isPresent() && files.stream().noneMatch(file -> file.size() == newestSize)) {
      files = new ArrayList<>(files);
      files.addFirst(new LogTree.KeptFile(newestSize, newest.get().signedAt()));
    }
    for (LogTree.KeptFile file : files) {
      boolean asked =
          (query.beforeSize() == null || file.size() < query.beforeSize())
              && query.period().includes(file.signedAt());
      if (asked && page.size() == query.limit()) {
        more = true;
        break;
      }
      if (asked) {
        Optional<SignedCheckpoint> checkpoint = log.tree().checkpoint(file.size());
        if (checkpoint.isPresent()) {
          page.add(kept(checkpoint.get(), log.tree().token(file.size())));
        }
      }
    }
    return new CheckpointList(page, more, more && !page.isEmpty() ? page.getLast().size() : null);
  }

  private static CheckpointList.Kept kept(SignedCheckpoint checkpoint, Optional<byte[]> token) {
    CheckpointInfo info = CheckpointInfo.of(checkpoint);
    List<String> cosigners = cosigners(checkpoint);
    return new CheckpointList.Kept(
        info.origin(),
        info.size(),
        info.root(),
        info.signedAt(),
        token.isPresent(),
        token.flatMap(ProofService::statedTime).orElse(null),
        checkpoint.note().signatures().size(),
        cosigners.size(),
        cosigners);
  }

  private static List<String> cosigners(SignedCheckpoint checkpoint) {
    return checkpoint.note().signatures().stream()
        .map(NoteSignature::name)
        .filter(name -> !name.equals(checkpoint.checkpoint().origin()))
        .distinct()
        .toList();
  }

  /** The time that the authority's answer states, unchecked; empty if it can't be read. */
  private static Optional<Instant> statedTime(byte[] token) {
    try {
      return Optional.of(TimestampToken.parse(token).statedTime());
    } catch (InvalidNoteException e) {
      return Optional.empty();
    }
  }

  /** A kept checkpoint; empty if there is none of that size. */
  public Optional<SignedCheckpoint> checkpoint(long size) throws IOException {
    return log.tree().checkpoint(size);
  }

  /** What a timestamp authority answered for a kept checkpoint (RFC 3161); empty if none did. */
  public Optional<byte[]> timestamp(long size) throws IOException {
    return log.tree().token(size);
  }

  /**
   * A checkpoint over everything, for somebody who takes it away: it is kept in the history as
   * {@link LogTree#keepOnDemand} says. Empty if there is none and none can be signed here.
   */
  public Optional<SignedCheckpoint> exported() throws IOException, InterruptedException {
    Optional<SignedCheckpoint> newest = sealing.newest();
    if (newest.isPresent()) {
      log.tree().keepOnDemand(newest.get());
    }
    return newest;
  }

  /** Whether there is a checkpoint, or one can be signed; signs and writes nothing. */
  public boolean canExport() throws IOException {
    return log.lastId() > 0 || log.tree().newest().isPresent();
  }

  /** Which log this is, and which keys sign it. */
  public LogInfo log() {
    return new LogInfo(
        log.identity().origin(), log.identity().createdAt(), log.identity().verifierKeys());
  }

  /**
   * The newest checkpoint, as C2SP tlog-tiles publishes it: with the signatures of witnesses where
   * there are any. Empty before the first.
   */
  public Optional<SignedCheckpoint> published() throws IOException {
    return newest();
  }

  /** The hashes of a tile of the published tree; empty if it has no such tile. */
  public Optional<byte[]> tile(Tile tile) throws IOException {
    return log.tree().tile(tile);
  }

  /**
   * A bundle of entries of the published tree; empty if it has no such bundle, or retention removed
   * some of the entries.
   */
  public Optional<BundleStream> bundle(EntryBundle bundle) throws IOException {
    return log.tree().bundle(bundle);
  }
}
