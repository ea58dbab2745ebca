package io.tallystick.store.seal;

import io.tallystick.entry.EntryHash;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.LogIdentity;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.BlockReader;
import io.tallystick.store.segment.Tail;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.Node;
import io.tallystick.tlog.RightEdge;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TilePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continues the tree where the last writer left it. The newest checkpoint must be signed by this
 * log and cover a prefix of the entries in the segments. Otherwise the log is not opened for
 * writing, and the error says what contradicts what. Used once, at open, by the holder of the
 * writer's lock.
 */
public final class TreeRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(TreeRecovery.class);

  /** Blocks that other cores hash while the tree adds the hashes of those before them. */
  private static final int MAX_BLOCKS_AHEAD = 8;

  /** Entries that a log may hold before its first checkpoint: the one that records its creation. */
  private static final long CREATION = 1;

  private final DataDirectory directory;
  private final LogConfig config;
  private final SigningKeyRing keys;
  private final TileFiles tiles;
  private final Hasher hasher = new Hasher();
  private final CheckpointFiles checkpoints;
  private final @Nullable SignedCheckpoint newest;

  private TreeRecovery(
      DataDirectory directory,
      LogConfig config,
      SigningKeyRing keys,
      CheckpointFiles checkpoints,
      @Nullable SignedCheckpoint newest) {
    this.directory = directory;
    this.config = config;
    this.keys = keys;
    this.tiles = new TileFiles(directory);
    this.checkpoints = checkpoints;
    this.newest = newest;
  }

  /**
   * Reads the newest checkpoint, before anything in the log is changed.
   *
   * @throws LogException.Contradiction if no key of this log signed it
   */
  public static TreeRecovery of(DataDirectory directory, LogConfig config, SigningKeyRing keys)
      throws IOException {
    LogIdentity identity = keys.identity();
    CheckpointFiles checkpoints =
        new CheckpointFiles(directory, identity.origin(), identity.keys());
    return new TreeRecovery(
        directory, config, keys, checkpoints, newestCheckpoint(directory, checkpoints));
  }

  /** The last entry that the newest checkpoint covers; 0 if there is none. */
  public long sealedId() {
    return newest == null ? 0 : newest.size();
  }

  public CheckpointFiles checkpoints() {
    return checkpoints;
  }

  private static @Nullable SignedCheckpoint newestCheckpoint(
      DataDirectory directory, CheckpointFiles checkpoints) throws IOException {
    Optional<SignedCheckpoint> published = checkpoints.newest();
    long published0 = published.map(SignedCheckpoint::size).orElse(0L);
    List<Long> kept = checkpoints.keptSizes();
    if (!kept.isEmpty() && kept.getFirst() > published0) {
      LOG.warn(
          "{} {}; the log continues from checkpoints/{}.note, which is newer",
          directory.checkpoint(),
          published.isEmpty() ? "is missing" : "covers only " + published0 + " entries",
          kept.getFirst());
      return checkpoints.kept(kept.getFirst()).orElse(null);
    }
    return published.orElse(null);
  }

  /**
   * Refuses a log that ends before its newest checkpoint, or has lost that checkpoint. Called
   * before recovery truncates anything, because a sealed entry is never part of an unfinished tail.
   */
  public void checkHolds(Tail tail) throws LogException {
    if (newest == null && tail.lastId() > CREATION) {
      throw new LogException.Corrupt(
          "the log holds "
              + tail.lastId()
              + " entries and no checkpoint, but every log has one from its creation on, so it was"
              + " removed. Nothing was changed; run \"tally verify\", and restore the data"
              + " directory from a backup");
    }
    if (newest != null && tail.lastId() < newest.size()) {
      String damage =
          tail.defect() == null
              ? ""
              : "; " + tail.segment() + "@" + tail.position() + ": the block " + tail.defect();
      throw new LogException.Contradiction(
          "entries are missing: a checkpoint that this log signed covers entries 1 to "
              + newest.size()
              + ", but the last readable entry is "
              + tail.lastId()
              + damage
              + ". Nothing was changed; run \"tally verify\", and restore the segments from a backup");
    }
  }

  /**
   * Creates the sealer of the log, whose tree covers every entry up to {@code lastId}. After a key
   * rotation it publishes the first checkpoint, which old and new keys sign.
   */
  public Sealer sealer(BlockReader blocks, Horizon horizon, long lastId, StopLatch latch)
      throws IOException {
    TileFiles.Writer newTiles = tiles.new Writer();
    try {
      RightEdge edge = edge(blocks, horizon, newTiles);
      extend(edge, blocks, newTiles, lastId);
      return sealer(edge, newTiles, latch);
    } catch (IOException | RuntimeException | Error e) {
      newTiles.close();
      throw e;
    }
  }

  private Sealer sealer(RightEdge edge, TileFiles.Writer newTiles, StopLatch latch)
      throws IOException {
    // A checkpoint with a timestamp keeps its signatures, so both keys sign until the next one.
    boolean canIntroduce = checkpoints.token(edge.size()).isEmpty();
    Sealer sealer =
        new Sealer(
            latch,
            edge,
            tiles,
            newTiles,
            checkpoints,
            keys.identity().origin(),
            canIntroduce ? keys.signers() : keys.newAndRetiring(),
            newest,
            config.sealEvery(),
            config.clock());
    if (keys.isRotating() && canIntroduce) {
      sealer.introduce(keys.newAndRetiring());
      keys.completeRotation();
    }
    return sealer;
  }

  private RightEdge edge(BlockReader blocks, Horizon horizon, TileFiles.Writer newTiles)
      throws IOException {
    if (newest == null || newest.size() < horizon.firstId() - 1) {
      if (horizon.firstId() > 1) {
        throw new LogException.Contradiction(
            "horizon.json says that entries before "
                + horizon.firstId()
                + " were removed, but no checkpoint covers them. Nothing was changed; restore the"
                + " data directory from a backup");
      }
      return new RightEdge(hasher);
    }
    long size = newest.size();
    if (size == 0) {
      return new RightEdge(hasher);
    }
    Hash root = newest.checkpoint().root();
    try {
      TileHashReader checked = new TileHashReader(size, root, tiles, hasher);
      Hash sealed = checked.read(List.of(new Node(0, size - 1))).getFirst();
      Block last = blocks.read(size);
      Hash found = EntryHash.of(last.entry((int) (size - last.firstId())));
      if (!found.equals(sealed)) {
        throw otherRoot(size);
      }
      tiles.checkEnds(size);
      return RightEdge.read(size, tiles, hasher);
    } catch (CorruptTileException e) {
      LOG.warn(
          "the tree of {} is damaged ({}); it is rebuilt from the segments",
          directory.root(),
          e.getMessage());
    }
    RightEdge edge = edgeBefore(horizon.firstId(), newTiles);
    extend(edge, blocks, newTiles, size);
    if (!edge.root().equals(root)) {
      throw otherRoot(size);
    }
    newTiles.force();
    tiles.writeEdge(edge);
    return edge;
  }

  /** The tree of the removed entries, from the leaf hashes in the lowest tiles. */
  private RightEdge edgeBefore(long firstId, TileFiles.Writer newTiles) throws IOException {
    RightEdge edge = new RightEdge(hasher);
    try {
      while (edge.size() < firstId - 1) {
        int width = (int) Math.min(TilePath.FULL_WIDTH, firstId - 1 - edge.size());
        append(edge, tiles.read(new Tile(0, edge.size() / TilePath.FULL_WIDTH, width)), newTiles);
      }
      return edge;
    } catch (CorruptTileException e) {
      throw new LogException.Contradiction(
          "the tree of the entries that retention removed is damaged ("
              + e.getMessage()
              + "). Nothing was changed; restore the tiles from a backup");
    }
  }

  private LogException.Contradiction otherRoot(long size) {
    return new LogException.Contradiction(
        "entries 1 to "
            + size
            + " are not those that the log sealed: their tree does not have the root in the"
            + " checkpoint over "
            + size
            + " entries. Nothing was changed; run \"tally verify\"");
  }

  private void extend(RightEdge edge, BlockReader blocks, TileFiles.Writer newTiles, long size)
      throws IOException {
    Deque<CompletableFuture<byte[]>> hashed = new ArrayDeque<>();
    long next =
        blocks.walk(
            edge.size() + 1,
            size,
            (block, first, last) -> {
              hashed.add(CompletableFuture.supplyAsync(() -> leafHashes(block, first, last)));
              if (hashed.size() > MAX_BLOCKS_AHEAD) {
                append(edge, hashed.remove().join(), newTiles);
              }
              return true;
            });
    if (next <= size) {
      throw BlockReader.missing(next);
    }
    while (!hashed.isEmpty()) {
      append(edge, hashed.remove().join(), newTiles);
    }
  }

  private static byte[] leafHashes(Block block, long first, long last) {
    Hasher hasher = new Hasher();
    byte[] hashes = new byte[(int) (last - first + 1) * Hash.BYTES];
    for (int at = 0; at < hashes.length; at += Hash.BYTES) {
      int i = (int) (first - block.firstId()) + at / Hash.BYTES;
      hasher.leaf(block.bytes(), block.entryOffset(i), block.entryLength(i), hashes, at);
    }
    return hashes;
  }

  private static void append(RightEdge edge, byte[] hashes, TileFiles.Writer newTiles)
      throws IOException {
    for (int at = 0; at < hashes.length; at += Hash.BYTES) {
      edge.append(hashes, at, newTiles);
    }
    newTiles.writeDelayed();
  }
}
