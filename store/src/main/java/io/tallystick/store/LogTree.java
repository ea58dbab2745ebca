package io.tallystick.store;

import io.tallystick.store.log.EntrySource;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.seal.CheckpointFiles;
import io.tallystick.tlog.EntryBundle;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.ProofBuilder;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TlogProof;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The tree over the log, to read: checkpoints, proofs, tiles. Every proof is made from hashes that
 * were shown to lead to the checkpoint's root, so a damaged tile is an error and never a wrong
 * proof. Safe for any number of threads.
 */
public final class LogTree {
  /** Where the newest checkpoint comes from. */
  @FunctionalInterface
  interface Newest {
    Optional<SignedCheckpoint> get() throws IOException;
  }

  /**
   * A checkpoint that is kept.
   *
   * @param timestamped whether a timestamp authority's token is kept with it
   */
  public record Kept(SignedCheckpoint checkpoint, boolean timestamped) {}

  private final EntrySource entries;
  private final CheckpointFiles files;
  private final Newest newest;
  private final TileHashReader.Source tiles;

  LogTree(EntrySource entries, CheckpointFiles files, Newest newest, TileHashReader.Source tiles) {
    this.entries = entries;
    this.files = files;
    this.newest = newest;
    this.tiles = tiles;
  }

  /**
   * The newest checkpoint; empty before the first.
   *
   * @throws LogException.Contradiction if what is there is not a checkpoint of this log
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
   * The proof that an entry is under a checkpoint (C2SP tlog-proof).
   *
   * @throws IllegalArgumentException if the checkpoint does not cover it
   * @throws io.tallystick.tlog.CorruptTileException if the tree is damaged there
   */
  public TlogProof prove(long id, SignedCheckpoint under) throws IOException {
    return prover(under).prove(id);
  }

  /** Makes many proofs under one checkpoint, reading each tile once. */
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

    /** The checkpoint that it proves entries under. */
    public SignedCheckpoint under() {
      return under;
    }

    /** As {@link LogTree#prove}. */
    public TlogProof prove(long id) throws IOException {
      if (id < 1 || id > under.size()) {
        throw new IllegalArgumentException(
            "entry " + id + " is not under the checkpoint over " + under.size() + " entries");
      }
      return new TlogProof(id - 1, proofs.inclusion(id - 1, under.size()), note);
    }
  }

  /**
   * The proof that the tree of the first {@code from} entries is the beginning of that of the first
   * {@code to} (RFC 9162 section 2.1.4).
   *
   * @throws IllegalArgumentException unless {@code 0 <= from <= to <= size()}
   */
  public List<Hash> consistency(long from, long to) throws IOException {
    SignedCheckpoint under = newest().orElse(null);
    long size = under == null ? 0 : under.size();
    if (from < 0 || from > to || to > size) {
      throw new IllegalArgumentException(
          "sizes go from 0 up to " + size + ", the first not greater than the second");
    }
    return under == null ? List.of() : proofs(under).consistency(from, to);
  }

  private ProofBuilder proofs(SignedCheckpoint under) {
    Hasher hasher = new Hasher();
    return new ProofBuilder(
        new TileHashReader(under.size(), under.checkpoint().root(), tiles, hasher), hasher);
  }

  /** The hashes of a tile; empty if the published tree has no such tile. */
  public Optional<byte[]> tile(Tile tile) throws IOException {
    return tile.existsIn(size()) ? Optional.of(tiles.read(tile)) : Optional.empty();
  }

  /**
   * The entries of a bundle (C2SP tlog-tiles, "Log entries"); empty if they are not published, or
   * the log does not hold them all any more.
   */
  public Optional<byte[]> bundle(EntryBundle bundle) throws IOException {
    if (!bundle.existsIn(size())) {
      return Optional.empty();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long first = bundle.start() + 1;
    long last = bundle.start() + bundle.width();
    long[] next = {first};
    entries.forEach(
        first,
        last,
        entry -> {
          if (entry.id() != next[0]) {
            return false;
          }
          next[0]++;
          int length = entry.bytes().length;
          bytes.write(length >> 8);
          bytes.write(length);
          bytes.writeBytes(entry.bytes());
          return true;
        });
    return next[0] == last + 1 ? Optional.of(bytes.toByteArray()) : Optional.empty();
  }

  /** Keeps a checkpoint, which somebody takes away, in the history. */
  public void keep(SignedCheckpoint checkpoint) throws IOException {
    files.keep(checkpoint);
  }

  /** The newest checkpoint that a witness signed; empty if there is none. */
  public Optional<SignedCheckpoint> cosigned() throws IOException {
    return files.cosigned();
  }

  /** Makes this the newest checkpoint that a witness signed. */
  public void publishCosigned(SignedCheckpoint checkpoint) throws IOException {
    files.publishCosigned(checkpoint.note());
  }

  /** The checkpoints that are kept, newest first. */
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

  /** A kept checkpoint, or the newest if it has this size; empty if there is none. */
  public Optional<SignedCheckpoint> checkpoint(long size) throws IOException {
    Optional<SignedCheckpoint> kept = files.kept(size);
    return kept.isPresent() ? kept : newest().filter(checkpoint -> checkpoint.size() == size);
  }

  /** The timestamp authority's answer for a kept checkpoint. */
  public Optional<byte[]> token(long size) throws IOException {
    return files.token(size);
  }

  /**
   * Keeps the timestamp authority's answer for a checkpoint, and the checkpoint.
   *
   * @throws IOException if the checkpoint that is kept has other signatures than the one that was
   *     stamped
   */
  public void keepToken(SignedCheckpoint checkpoint, byte[] token) throws IOException {
    files.keepToken(checkpoint, token);
  }
}
