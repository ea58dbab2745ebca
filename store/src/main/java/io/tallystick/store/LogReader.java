package io.tallystick.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.entry.EntryCodec;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.EntrySource;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogEnd;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.LogIdentity;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.seal.CheckpointFiles;
import io.tallystick.store.seal.TileFiles;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.BlockCache;
import io.tallystick.store.segment.BlockReader;
import io.tallystick.store.segment.Segments;
import io.tallystick.store.segment.WrittenEnd;
import io.tallystick.tlog.TileHashReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Reads a log by id and by range. Takes no lock and changes nothing, so any number of readers in
 * any process may have the log open beside its writer. Safe for any number of threads.
 *
 * <p>Every read checks the block's CRC32C, so accidental damage is an error and never a result.
 * Verification detects intentional changes.
 */
public final class LogReader implements EntrySource {
  private final DataDirectory directory;
  private final LogIdentity identity;
  private final BlockReader blocks;
  private final LogEnd end;
  private volatile Horizon horizon;
  private final LogTree tree;
  private final BlockCache cache = new BlockCache();

  /** When the file of erasures changed last, as another process's writer changes it. */
  @GuardedBy("this")
  private FileTime lastErased = FileTime.fromMillis(0);

  LogReader(
      DataDirectory directory,
      LogIdentity identity,
      Segments segments,
      Horizon horizon,
      LogEnd end,
      CheckpointFiles checkpoints,
      LogTree.Newest newest,
      TileHashReader.Source tiles) {
    this.directory = directory;
    this.identity = identity;
    this.blocks = new BlockReader(segments);
    this.end = end;
    this.horizon = horizon;
    this.tree = new LogTree(this, checkpoints, newest, tiles);
  }

  /**
   * Opens the log in this data directory for reading. A writer may have it open meanwhile.
   *
   * @throws LogException.NotALog if there is none
   */
  public static LogReader open(Path data) throws IOException {
    DataDirectory directory = new DataDirectory(data);
    if (!directory.holdsLog()) {
      throw new LogException.NotALog(directory.root() + " holds no log: it has no log.json");
    }
    LogIdentity identity = LogIdentity.read(directory.identity());
    CheckpointFiles checkpoints =
        new CheckpointFiles(directory, identity.origin(), identity.keys());
    // Before the segments, to which a writer may append and seal more meanwhile.
    long sealedId = checkpoints.claimedSize();
    Segments segments = new Segments(directory.segments());
    segments.refresh();
    LogEnd end = WrittenEnd.of(segments, sealedId);
    return new LogReader(
        directory,
        identity,
        segments,
        Horizon.read(directory.horizon(), identity.genesis()),
        end,
        checkpoints,
        checkpoints::newest,
        new TileFiles(directory));
  }

  /** The tree over the log, with checkpoints, proofs and tiles. */
  public LogTree tree() {
    return tree;
  }

  public DataDirectory directory() {
    return directory;
  }

  public LogIdentity identity() {
    return identity;
  }

  /** Id of the oldest entry that the log still holds; 1 in an empty log. */
  public long firstId() {
    return horizon.firstId();
  }

  /**
   * Checks that retention did not remove the entry.
   *
   * @throws LogException.Removed if it did
   */
  public void checkNotRemoved(long id) throws LogException.Removed {
    horizon.checkNotRemoved(id);
  }

  /**
   * Which entries record erasures of personal values.
   *
   * @throws LogException.Corrupt if the file that says so is damaged
   */
  public Erasures erasures() throws IOException {
    return Erasures.read(directory.erasures());
  }

  /** Where the log begins, and what was removed before that. */
  public Horizon horizon() {
    return horizon;
  }

  /**
   * Makes the log begin here, durably. Called by the log's writer alone.
   *
   * @throws IllegalArgumentException if the log begins there already, or later
   */
  public synchronized void moveHorizon(Horizon further) throws IOException {
    if (further.firstId() <= horizon.firstId()) {
      throw new IllegalArgumentException(
          "the log begins at entry "
              + horizon.firstId()
              + " and can only be made to begin later, not at entry "
              + further.firstId());
    }
    further.write(directory.horizon());
    horizon = further;
  }

  /**
   * Sees what the writer in another process removed; {@code true} if it removed anything. Forgets
   * what it erased.
   */
  public synchronized boolean refreshHorizon() throws IOException {
    if (!isBesideWriter()) {
      FileTime erased = changed(directory.erasures());
      if (!erased.equals(lastErased)) {
        cache.empty();
        lastErased = erased;
      }
    }
    Horizon now = Horizon.read(directory.horizon(), identity.genesis());
    boolean moved = now.firstId() > horizon.firstId();
    if (moved) {
      horizon = now;
    }
    return moved;
  }

  private static FileTime changed(Path file) throws IOException {
    try {
      return Files.getLastModifiedTime(file);
    } catch (NoSuchFileException e) {
      return FileTime.fromMillis(0);
    }
  }

  public Segments segments() {
    return blocks.segments();
  }

  /**
   * Id of the newest entry, 0 in an empty log. For the writer's own reader this is the newest
   * acknowledged entry. For a reader in another process it is the newest written one, and the call
   * also updates {@link #firstId}.
   */
  public long lastId() throws IOException {
    if (!isBesideWriter()) {
      refreshHorizon();
    }
    return end.lastId();
  }

  /** Whether this reader belongs to the writer, so that it sees only acknowledged entries. */
  public boolean isBesideWriter() {
    return end.isAcknowledged();
  }

  /**
   * Waits until there is an entry after {@code id}; {@code false} if the timeout passed without
   * one.
   */
  public boolean awaitBeyond(long id, Duration timeout) throws IOException, InterruptedException {
    return end.awaitBeyond(id, timeout);
  }

  /**
   * Reads the entry with this id; empty if there is none.
   *
   * @throws LogException.Corrupt if it should be there and is unreadable
   */
  public Optional<StoredEntry> read(long id) throws IOException {
    if (id < firstId()) {
      return Optional.empty();
    }
    Block block = cache.get(id);
    if (block == null) {
      if (id > lastId()) {
        return Optional.empty();
      }
      long emptied = cache.emptied();
      try {
        block = blocks.read(id);
      } catch (LogException.Corrupt | NoSuchFileException e) {
        if (refreshHorizon() && id < firstId()) {
          return Optional.empty();
        }
        throw e;
      }
      cache.put(block, emptied);
    }
    return Optional.of(stored(block, id));
  }

  /** Forgets what it has read, so that it reads again what may have been erased meanwhile. */
  public void forgetBlocks() {
    cache.empty();
  }

  private static StoredEntry stored(Block block, long id) {
    return block.stored((int) (id - block.firstId()));
  }

  /** Skips entries that retention removes meanwhile. */
  @Override
  public boolean forEach(long firstId, long lastId, EntryConsumer consumer) throws IOException {
    return forEachBlock(
        firstId,
        lastId,
        (block, first, last) -> {
          for (long id = first; id <= last; id++) {
            if (!consumer.accept(stored(block, id))) {
              return false;
            }
          }
          return true;
        });
  }

  /** As {@link #forEach}, with whole blocks. */
  public boolean forEachBlock(long firstId, long lastId, BlockReader.BlockConsumer consumer)
      throws IOException {
    long last = Math.min(lastId, lastId());
    long next = Math.max(firstId, firstId());
    while (next <= last) {
      next = blocks.walk(next, last, consumer);
      if (next == BlockReader.ENDED) {
        return false;
      }
      if (next <= last) {
        refreshHorizon();
        if (next >= firstId()) {
          throw BlockReader.missing(next);
        }
        next = firstId();
      }
    }
    return true;
  }

  /**
   * When the log recorded the entry.
   *
   * @throws LogException.Corrupt if the entry is missing or unreadable
   */
  public Instant timestamp(long id) throws IOException {
    StoredEntry entry = read(id).orElseThrow(() -> BlockReader.missing(id));
    EntryCodec.Head head = EntryCodec.decodeHead(entry.bytes(), 0, entry.bytes().length);
    return Instant.ofEpochSecond(head.epochSecond(), head.nano());
  }
}
