package io.tallystick.store;

import io.tallystick.entry.EntryHash;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.Node;
import io.tallystick.tlog.RightEdge;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TilePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up the tree where the last writer left it: the newest checkpoint must be of this log, its
 * key ours, and its entries the beginning of what is there. Otherwise the log is not opened for
 * writing, and what contradicts what is said. Used once, at open.
 */
final class TreeRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(TreeRecovery.class);

  /** Blocks that other cores hash while the tree takes in those before them. */
  private static final int MAX_BLOCKS_AHEAD = 8;

  /**
   * Entries that a log may hold before its first checkpoint: the one that tells of its creation.
   */
  private static final long CREATION = 1;

  private final DataDirectory directory;
  private final LogConfig config;
  private final SigningKeyRing keyFile;
  private final TileFiles tiles;
  private final Hasher hasher = new Hasher();

  private LogIdentity identity;
  private List<SignerKey> keys;
  private List<SignerKey> retiring = List.of();
  private final CheckpointFiles checkpoints;
  private final @Nullable SignedCheckpoint newest;

  private TreeRecovery(DataDirectory directory, LogIdentity identity, LogConfig config)
      throws IOException {
    this.directory = directory;
    this.config = config;
    this.identity = identity;
    this.tiles = new TileFiles(directory);
    this.keyFile = keyFile(directory, config);
    this.keys = signingKeys();
    rotate();
    this.checkpoints = new CheckpointFiles(directory, identity.origin(), this.identity.keys());
    this.newest = newestCheckpoint();
  }

  /**
   * Reads the keys and the newest checkpoint, before anything in the log is touched.
   *
   * @throws LogException.NoKey if the signing key is missing or another log's
   * @throws LogException.Contradiction if the newest checkpoint is not by a key of this log
   */
  static TreeRecovery of(DataDirectory directory, LogIdentity identity, LogConfig config)
      throws IOException {
    return new TreeRecovery(directory, identity, config);
  }

  /** Makes a new key, which the next open puts into use. The caller holds the writer's lock. */
  static void prepareRotation(DataDirectory directory, LogIdentity identity, LogConfig config)
      throws IOException {
    SigningKeyRing file = keyFile(directory, config);
    file.prepareNext(file.read(identity.origin()).orElseThrow());
  }

  private static SigningKeyRing keyFile(DataDirectory directory, LogConfig config) {
    Path file = config.keyFile();
    return new SigningKeyRing(file == null ? directory.signingKey() : file);
  }

  LogIdentity identity() {
    return identity;
  }

  CheckpointFiles checkpoints() {
    return checkpoints;
  }

  private List<SignerKey> signingKeys() throws IOException {
    Optional<List<SignerKey>> known = keyFile.read(identity.origin());
    if (known.isEmpty() && !identity.verifierKeys().isEmpty()) {
      throw new LogException.NoKey(
          "the signing key of this log is missing: put it back to "
              + directory.signingKey()
              + ", or say where it is with --key-file");
    }
    List<SignerKey> signers =
        known.isPresent() ? known.get() : keyFile.create(identity.origin(), config.postQuantum());
    if (identity.verifierKeys().isEmpty()) {
      trust(signers);
    } else if (!identity.keys().contains(signers.getFirst().verifier())) {
      throw new LogException.NoKey(
          "the signing key "
              + signers.getFirst().verifier().label()
              + " is not one of this log: log.json knows "
              + identity.keys().stream().map(VerifierKey::label).toList());
    }
    return signers;
  }

  /** Writes the keys' public halves to log.json, as the newest. */
  private void trust(List<SignerKey> signers) throws IOException {
    List<String> all = new ArrayList<>();
    signers.forEach(key -> all.add(key.verifier().toString()));
    identity.verifierKeys().stream().filter(key -> !all.contains(key)).forEach(all::add);
    if (!all.equals(identity.verifierKeys())) {
      identity = identity.withVerifierKeys(all);
      identity.write(directory.identity());
    }
  }

  private void rotate() throws IOException {
    Optional<List<SignerKey>> next = keyFile.readNext(identity.origin());
    if (next.isPresent()) {
      trust(next.get());
      retiring = keys;
      keys = next.get();
    }
  }

  private @Nullable SignedCheckpoint newestCheckpoint() throws IOException {
    Optional<SignedCheckpoint> published = checkpoints.newest();
    long published0 = published.map(SignedCheckpoint::size).orElse(0L);
    List<Long> kept = checkpoints.keptSizes();
    if (!kept.isEmpty() && kept.getFirst() > published0) {
      LOG.warn(
          "{} {}; the log goes on from checkpoints/{}.note, which is newer",
          directory.checkpoint(),
          published.isEmpty() ? "is missing" : "is over " + published0 + " entries",
          kept.getFirst());
      return checkpoints.kept(kept.getFirst()).orElse(null);
    }
    return published.orElse(null);
  }

  /**
   * Refuses a log that ends before its newest checkpoint, or has lost it. Called before recovery
   * takes anything out, for what is sealed is never an unfinished tail.
   */
  void checkHolds(Tail tail) throws LogException {
    if (newest == null && tail.lastId() > CREATION) {
      throw new LogException.Corrupt(
          "the log holds "
              + tail.lastId()
              + " entries and no checkpoint, and the first is signed before a log takes its first"
              + " entry: it was taken away. Nothing was changed; run \"tally verify\", and restore"
              + " the data directory from a backup");
    }
    if (newest != null && tail.lastId() < newest.size()) {
      String damage =
          tail.defect() == null
              ? ""
              : "; "
                  + tail.segment()
                  + "@"
                  + tail.position()
                  + ": the block there "
                  + tail.defect();
      throw new LogException.Contradiction(
          "entries are missing: a checkpoint that this log signed covers entries 1 to "
              + newest.size()
              + ", and the last one that can be read is "
              + tail.lastId()
              + damage
              + ". Nothing was changed; run \"tally verify\", and restore the segments from a backup");
    }
  }

  /** The sealer of the log, whose tree holds everything that is acknowledged. */
  Sealer sealer(Segments segments, HighWatermark end, AppendQueue queue) throws IOException {
    LogReader reader =
        new LogReader(directory, identity, segments, end, checkpoints, checkpoints::newest, tiles);
    TileFiles.Writer newTiles = tiles.new Writer();
    RightEdge edge = edge(reader, newTiles);
    extend(edge, reader, newTiles);
    List<SignerKey> both = new ArrayList<>(keys);
    both.addAll(retiring);
    // One that has a timestamp keeps its signatures, so both keys sign until there is another.
    boolean canIntroduce = checkpoints.token(edge.size()).isEmpty();
    Sealer sealer =
        new Sealer(
            queue,
            edge,
            tiles,
            newTiles,
            checkpoints,
            identity.origin(),
            canIntroduce ? keys : both,
            newest,
            config.sealEvery(),
            config.clock());
    if (!retiring.isEmpty() && canIntroduce) {
      sealer.introduce(both);
      keyFile.moveNext();
    }
    return sealer;
  }

  private RightEdge edge(LogReader reader, TileFiles.Writer newTiles) throws IOException {
    if (newest == null || newest.size() < reader.firstId() - 1) {
      if (reader.firstId() > 1) {
        throw new LogException.Contradiction(
            "horizon.json says that entries before "
                + reader.firstId()
                + " were taken out, and there is no checkpoint that covers them. Nothing was"
                + " changed; restore the data directory from a backup");
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
      Hash found = EntryHash.of(reader.read(size).orElseThrow().bytes());
      if (!found.equals(sealed)) {
        throw otherRoot(size);
      }
      tiles.checkEnds(size);
      return RightEdge.read(size, tiles, hasher);
    } catch (CorruptTileException e) {
      LOG.warn(
          "the tree of {} does not hold together ({}); it is made anew from the segments",
          directory.root(),
          e.getMessage());
    }
    RightEdge edge = edgeBefore(reader.firstId(), newTiles);
    extend(edge, reader, newTiles, size);
    if (!edge.root().equals(root)) {
      throw otherRoot(size);
    }
    newTiles.force();
    tiles.writeEdge(edge);
    return edge;
  }

  /** The tree of what retention took out, from the leaf hashes in the lowest tiles. */
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
          "the tree of the entries that retention took out is damaged ("
              + e.getMessage()
              + "); nothing was changed; restore the tiles from a backup");
    }
  }

  private LogException.Contradiction otherRoot(long size) {
    return new LogException.Contradiction(
        "entries 1 to "
            + size
            + " are not those that the log's checkpoint over "
            + size
            + " entries sealed: their tree has another root. Nothing was changed; run \"tally"
            + " verify\"");
  }

  private void extend(RightEdge edge, LogReader reader, TileFiles.Writer newTiles)
      throws IOException {
    extend(edge, reader, newTiles, reader.lastId());
  }

  private void extend(RightEdge edge, LogReader reader, TileFiles.Writer newTiles, long size)
      throws IOException {
    Deque<CompletableFuture<byte[]>> hashed = new ArrayDeque<>();
    reader.forEachBlock(
        edge.size() + 1,
        size,
        (block, first, last) -> {
          hashed.add(CompletableFuture.supplyAsync(() -> leafHashes(block, first, last)));
          if (hashed.size() > MAX_BLOCKS_AHEAD) {
            append(edge, hashed.remove().join(), newTiles);
          }
          return true;
        });
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
