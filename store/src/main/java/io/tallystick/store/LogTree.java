package io.tallystick.store;

import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.seal.CheckpointFiles;
import io.tallystick.tlog.EntryBundle;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.Node;
import io.tallystick.tlog.ProofBuilder;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TlogProof;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;

/**
 * Reads the tree over the log: checkpoints, proofs, tiles. Every proof is made from hashes that
 * were checked against the checkpoint's root, so a damaged tile is an error and never a wrong
 * proof. Safe for any number of threads.
 */
public final class LogTree {
  /** Supplies the newest checkpoint. */
  @FunctionalInterface
  interface Newest {
    Optional<SignedCheckpoint> get() throws IOException;
  }

  /**
   * A checkpoint in the history.
   *
   * @param timestamped whether a timestamp token is kept with it
   */
  public record Kept(SignedCheckpoint checkpoint, boolean timestamped) {}

  /**
   * The file of a checkpoint that is kept; what is in it was not looked at.
   *
   * @param signedAt when it was written
   */
  public record KeptFile(long size, Instant signedAt) {}

  private final LogReader entries;
  private final CheckpointFiles files;
  private final Newest newest;
  private final TileHashReader.Source tiles;
  private final HistoryQuota onDemand = new HistoryQuota();

  LogTree(LogReader entries, CheckpointFiles files, Newest newest, TileHashReader.Source tiles) {
    this.entries = entries;
    this.files = files;
    this.newest = newest;
    this.tiles = tiles;
  }

  /**
   * The newest checkpoint; empty before the first.
   *
   * @throws LogException.Contradiction if the file is not a checkpoint of this log
   */
  public Optional<SignedCheckpoint> newest() throws IOException {
    return newest.get();
  }

  /** Number of entries under the newest checkpoint, 0 before the first. */
  public long size() throws IOException {
    return newest.get().map(SignedCheckpoint::size).orElse(0L);
  }

  public TileHashReader.Source tiles() {
    return tiles;
  }

  public CheckpointFiles files() {
    return files;
  }

  /**
   * Proves that a checkpoint covers an entry (C2SP tlog-proof).
   *
   * @throws IllegalArgumentException if the checkpoint does not cover it
   * @throws io.tallystick.tlog.CorruptTileException if a tile for the proof is damaged
   */
  public TlogProof prove(long id, SignedCheckpoint under) throws IOException {
    return prover(under).prove(id);
  }

  /** A prover that makes many proofs under one checkpoint and reads each tile once. */
  public Prover prover(SignedCheckpoint under) {
    return new Prover(under, proofs(under));
  }

  /** Makes proofs under one checkpoint. Used by one thread. */
  public static final class Prover {
    private final SignedCheckpoint under;
    private final String note;
    private final ProofBuilder proofs;

    private Prover(SignedCheckpoint under, ProofBuilder proofs) {
      this.under = under;
      this.note = under.note().toString();
      this.proofs = proofs;
    }

    /** The checkpoint of all proofs. */
    public SignedCheckpoint under() {
      return under;
    }

    /** As {@link LogTree#prove}. */
    public TlogProof prove(long id) throws IOException {
      if (id < 1 || id > under.size()) {
        throw new IllegalArgumentException(
            "the checkpoint over " + under.size() + " entries does not cover entry " + id);
      }
      return new TlogProof(id - 1, proofs.inclusion(id - 1, under.size()), note);
    }
  }

  /**
   * Proves that the tree over the first {@code from} entries is a prefix of the tree over the first
   * {@code to} entries (RFC 9162 section 2.1.4).
   *
   * @throws IllegalArgumentException unless {@code 0 <= from <= to <= size()}
   */
  public List<Hash> consistency(long from, long to) throws IOException {
    SignedCheckpoint under = newest().orElse(null);
    long size = under == null ? 0 : under.size();
    if (from < 0 || from > to || to > size) {
      throw new IllegalArgumentException(
          "sizes must be between 0 and "
              + size
              + ", the first not greater than the second, but were "
              + from
              + " and "
              + to);
    }
    return under == null ? List.of() : proofs(under).consistency(from, to);
  }

  private ProofBuilder proofs(SignedCheckpoint under) {
    Hasher hasher = new Hasher();
    return new ProofBuilder(hashes(under, hasher), hasher);
  }

  private TileHashReader hashes(SignedCheckpoint under, Hasher hasher) {
    return new TileHashReader(under.size(), under.checkpoint().root(), tiles, hasher);
  }

  /**
   * The hashes of the fewest subtrees that together are over all entries under a checkpoint but
   * these, from left to right. Folded with the hashes of these entries, each at its place, they
   * give the checkpoint's root; so they prove all of these entries at once.
   *
   * @param ids of entries that the checkpoint covers
   */
  public List<Hash> beside(NavigableSet<Long> ids, SignedCheckpoint under) throws IOException {
    List<Node> nodes = new ArrayList<>();
    long at = 0;
    for (long id : ids) {
      nodes.addAll(Node.cover(at, id - 1));
      at = id;
    }
    nodes.addAll(Node.cover(at, under.size()));
    return hashes(under, new Hasher()).read(nodes);
  }

  /** The hashes of a tile; empty if the published tree has no such tile. */
  public Optional<byte[]> tile(Tile tile) throws IOException {
    return tile.existsIn(size()) ? Optional.of(tiles.read(tile)) : Optional.empty();
  }

  /**
   * The entries of a bundle (C2SP tlog-tiles, "Log entries"); empty if they are not published yet,
   * or retention removed some of them.
   */
  public Optional<BundleStream> bundle(EntryBundle bundle) throws IOException {
    // Sees what a writer in another process has removed.
    entries.lastId();
    if (!bundle.existsIn(size()) || bundle.start() < entries.firstId() - 1) {
      return Optional.empty();
    }
    try {
      return Optional.of(new BundleStream(entries, bundle));
    } catch (LogException.Removed e) {
      return Optional.empty();
    }
  }

  /** Keeps a checkpoint in the history, for instance because an archive is under it. */
  public void keep(SignedCheckpoint checkpoint) throws IOException {
    files.keep(checkpoint);
  }

  /**
   * Keeps a checkpoint in the history because somebody takes it away, unless {@value
   * HistoryQuota#MAX} were kept for that reason in the last 24 hours. One that is not kept proves
   * as much. Nothing is written for what the history has, not even the lock.
   */
  public void keepOnDemand(SignedCheckpoint checkpoint) throws IOException {
    Optional<SignedCheckpoint> kept = files.kept(checkpoint.size());
    boolean keeps =
        kept.isPresent()
            ? !kept.get().note().signatures().containsAll(checkpoint.note().signatures())
            : onDemand.tryTake();
    if (keeps) {
      files.keep(checkpoint);
    }
  }

  /** The newest cosigned checkpoint; empty if there is none. */
  public Optional<SignedCheckpoint> cosigned() throws IOException {
    return files.cosigned();
  }

  /** Publishes the newest cosigned checkpoint. */
  public void publishCosigned(SignedCheckpoint checkpoint) throws IOException {
    files.publishCosigned(checkpoint.note());
  }

  /** The kept checkpoints, newest first; each is read and verified. */
  public List<Kept> kept() throws IOException {
    List<Kept> all = new ArrayList<>();
    for (long size : files.keptSizes()) {
      Optional<SignedCheckpoint> checkpoint = files.kept(size);
      if (checkpoint.isPresent()) {
        all.add(new Kept(checkpoint.get(), files.token(size).isPresent()));
      }
    }
    return all;
  }

  /** The files of the checkpoints that are kept, newest first. */
  public List<KeptFile> keptFiles() throws IOException {
    List<KeptFile> all = new ArrayList<>();
    for (long size : files.keptSizes()) {
      files.keptAt(size).ifPresent(at -> all.add(new KeptFile(size, at)));
    }
    return all;
  }

  /**
   * A kept checkpoint; empty if none of this size is kept.
   *
   * @throws LogException.Contradiction if what is there is not a checkpoint of this log
   */
  public Optional<SignedCheckpoint> keptCheckpoint(long size) throws IOException {
    return files.kept(size);
  }

  /** A kept checkpoint, or the newest if it has this size; empty if there is none. */
  public Optional<SignedCheckpoint> checkpoint(long size) throws IOException {
    Optional<SignedCheckpoint> kept = files.kept(size);
    return kept.isPresent() ? kept : newest().filter(checkpoint -> checkpoint.size() == size);
  }

  /**
   * The oldest checkpoint that covers the first so many entries: of those that are kept, or the
   * newest, even if that covers fewer. Empty if there is none.
   */
  public Optional<SignedCheckpoint> oldestOver(long entries) throws IOException {
    for (long size : files.keptSizes().reversed()) {
      Optional<SignedCheckpoint> kept = size < entries ? Optional.empty() : files.kept(size);
      if (kept.isPresent()) {
        return kept;
      }
    }
    return newest();
  }

  /** The timestamp token of a kept checkpoint; empty if there is none. */
  public Optional<byte[]> token(long size) throws IOException {
    return files.token(size);
  }

  /**
   * Keeps a checkpoint and its timestamp token.
   *
   * @throws IOException if the kept checkpoint has other signatures than the stamped one
   */
  public void keepToken(SignedCheckpoint checkpoint, byte[] token) throws IOException {
    files.keepToken(checkpoint, token);
  }
}
