package io.tallystick.store.verify;

import io.tallystick.store.log.Fault;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.Node;
import io.tallystick.tlog.RangeProof;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TileNodes;
import io.tallystick.tlog.TilePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks that the entries of a range are those that a checkpoint sealed: their hashes, folded with
 * the stored hashes left and right of the range, must give the checkpoint's root. Tiles are only
 * compared. If the root differs, tiles that give the right root show which entries differ. Used by
 * one thread.
 */
public final class SealCheck {
  private static final int MAX_DIFFERING = 10_000;

  private final SignedCheckpoint checkpoint;
  private final TileHashReader.Source tiles;
  private final Consumer<Fault> faults;
  private final Hasher hasher = new Hasher();

  /** Leaves of the range, from 0: {@code [from, to)}. */
  private final long from;

  private final long to;
  private @Nullable RangeProof proof;
  private @Nullable RangeFold fold;
  private long nextIndex;

  /** Entries whose hash differs from their tile, and tiles that differ from the computed ones. */
  private final List<Long> differing = new ArrayList<>();

  private final List<Tile> differingTiles = new ArrayList<>();
  private @Nullable Tile tile;
  private byte @Nullable [] tileHashes;

  /**
   * A check of the sealed entries from {@code startId} to {@code endId}.
   *
   * @param faults receives the faults
   */
  SealCheck(
      SignedCheckpoint checkpoint,
      TileHashReader.Source tiles,
      long startId,
      long endId,
      Consumer<Fault> faults)
      throws IOException {
    this.checkpoint = checkpoint;
    this.tiles = tiles;
    this.faults = faults;
    this.from = startId - 1;
    this.to = Math.min(endId, checkpoint.size());
    this.nextIndex = from;
    if (from >= to) {
      return;
    }
    try {
      RangeProof read =
          RangeProof.read(
              from, to, checkpoint.size(), new TileNodes(checkpoint.size(), tiles, hasher));
      proof = read;
      fold = new RangeFold(read.begin(hasher), hasher, this::compare);
    } catch (CorruptTileException e) {
      faults.accept(new Fault(startId, Fault.Kind.TILE, String.valueOf(e.getMessage())));
    } catch (InvalidProofException e) {
      throw new IllegalStateException("a proof does not match its own range", e);
    }
  }

  long nodesHashed() {
    return hasher.nodesHashed();
  }

  /** Adds the entries of the next run. */
  void accept(ChainCheck run) throws IOException {
    byte[] leaves = run.leaves();
    for (int i = 0; i < run.checked(); i++) {
      long index = run.id(i) - 1;
      if (index < from || index >= to) {
        continue;
      }
      compareLeaf(index, leaves, i * Hash.BYTES);
      if (index == nextIndex && fold != null) {
        fold.add(index, leaves, i * Hash.BYTES);
        nextIndex++;
      } else {
        // A missing or repeated entry is reported already, and the rest can't be folded.
        fold = null;
      }
    }
  }

  private void compareLeaf(long index, byte[] leaves, int offset) throws IOException {
    Tile holding = Tile.holding(0, index, checkpoint.size());
    if (!holding.equals(tile)) {
      tile = holding;
      try {
        tileHashes = tiles.read(holding);
      } catch (CorruptTileException e) {
        tileHashes = null;
        faults.accept(new Fault(index + 1, Fault.Kind.TILE, String.valueOf(e.getMessage())));
      }
    }
    int at = (int) (index % TilePath.FULL_WIDTH) * Hash.BYTES;
    if (tileHashes != null
        && differing.size() < MAX_DIFFERING
        && !Arrays.equals(tileHashes, at, at + Hash.BYTES, leaves, offset, offset + Hash.BYTES)) {
      differing.add(index);
    }
  }

  /** Compares a computed tile above level 0; those of level 0 were compared leaf by leaf. */
  private void compare(Tile computed, byte[] hashes) throws IOException {
    if (computed.level() == 0) {
      return;
    }
    try {
      if (!Arrays.equals(tiles.read(computed), hashes)) {
        differingTiles.add(computed);
      }
    } catch (CorruptTileException e) {
      faults.accept(
          new Fault(
              1 + (computed.index() << (Tile.HEIGHT * (computed.level() + 1))),
              Fault.Kind.TILE,
              String.valueOf(e.getMessage())));
    }
  }

  /** Compares the root, and reports what differs. */
  void end() throws IOException {
    RangeProof due = proof;
    if (due != null && fold != null && nextIndex == to) {
      CompactRange range = fold.finish();
      try {
        due.verify(range, checkpoint.checkpoint().root());
        differing.stream().map(this::tileOf).distinct().forEach(this::differs);
        differingTiles.forEach(this::differs);
        return;
      } catch (InvalidProofException e) {
        if (differing.isEmpty()) {
          otherRoot();
        }
      }
    }
    entriesThatDiffer();
  }

  private Tile tileOf(long index) {
    return Tile.holding(0, index, checkpoint.size());
  }

  private void differs(Tile wrong) {
    faults.accept(
        new Fault(
            1 + (wrong.index() << (Tile.HEIGHT * (wrong.level() + 1))),
            Fault.Kind.TILE,
            "tile "
                + wrong.format()
                + " was changed: its hashes are not those of the sealed entries"));
  }

  private void entriesThatDiffer() throws IOException {
    TileHashReader sealed =
        new TileHashReader(checkpoint.size(), checkpoint.checkpoint().root(), tiles, new Hasher());
    Tile reported = null;
    for (long index : differing) {
      try {
        sealed.read(List.of(new Node(0, index)));
        faults.accept(
            new Fault(
                index + 1,
                Fault.Kind.TREE,
                "entry "
                    + (index + 1)
                    + " is not the one that the checkpoint over "
                    + checkpoint.size()
                    + " entries sealed"));
      } catch (CorruptTileException e) {
        Tile corrupt = tileOf(index);
        if (!corrupt.equals(reported)) {
          faults.accept(new Fault(index + 1, Fault.Kind.TILE, String.valueOf(e.getMessage())));
        }
        reported = corrupt;
      }
    }
  }

  /** Reports entries that agree with their tiles and still give a different root. */
  private void otherRoot() throws IOException {
    String where = "";
    try {
      new TileHashReader(checkpoint.size(), checkpoint.checkpoint().root(), tiles, new Hasher())
          .read(Node.cover(from, to));
    } catch (CorruptTileException e) {
      where = "; " + e.getMessage();
    }
    faults.accept(
        new Fault(
            from + 1,
            Fault.Kind.TREE,
            "entries "
                + (from + 1)
                + " to "
                + to
                + " do not give the root in the checkpoint over "
                + checkpoint.size()
                + " entries"
                + where));
  }
}
