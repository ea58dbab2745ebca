package io.tallystick.store;

import io.tallystick.entry.EntryCodec;
import io.tallystick.tlog.TileHashReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A log to read: by id, by range, by time. Takes no lock and changes nothing, so any number of
 * readers in any process may have the log open beside its writer. Safe for any number of threads.
 *
 * <p>A block's CRC is checked whenever it is read, so damage by accident is reported and never
 * answered; damage by intent is for {@link #verify}.
 */
public final class LogReader {
  /** Takes entries, one after another. */
  @FunctionalInterface
  public interface EntryConsumer {
    /** Takes one; {@code false} ends the reading. */
    boolean accept(StoredEntry entry) throws IOException;
  }

  /** Takes the entries from {@code first} to {@code last} of a block; {@code false} ends it. */
  @FunctionalInterface
  interface BlockConsumer {
    boolean accept(Block block, long first, long last) throws IOException;
  }

  private final DataDirectory directory;
  private final LogIdentity identity;
  private final Segments segments;
  private final LogEnd end;
  private volatile Horizon horizon;
  private final LogTree tree;
  private final BlockCache cache = new BlockCache();

  LogReader(
      DataDirectory directory,
      LogIdentity identity,
      Segments segments,
      LogEnd end,
      CheckpointFiles checkpoints,
      LogTree.Newest newest,
      TileHashReader.Source tiles)
      throws IOException {
    this.directory = directory;
    this.identity = identity;
    this.segments = segments;
    this.end = end;
    this.horizon = Horizon.read(directory.horizon(), identity.genesis());
    this.tree = new LogTree(this, checkpoints, newest, tiles);
  }

  /**
   * Opens the log in this data directory for reading, whether or not a writer has it open.
   *
   * @throws LogException.NotALog if there is none
   */
  public static LogReader open(Path data) throws IOException {
    DataDirectory directory = new DataDirectory(data);
    if (!directory.holdsLog()) {
      throw new LogException.NotALog(
          directory.root() + " holds no log: there is no log.json in it");
    }
    LogIdentity identity = LogIdentity.read(directory.identity());
    Segments segments = new Segments(directory.segments());
    segments.refresh();
    LogEnd end = WrittenEnd.of(segments);
    CheckpointFiles checkpoints =
        new CheckpointFiles(directory, identity.origin(), identity.keys());
    return new LogReader(
        directory,
        identity,
        segments,
        end,
        checkpoints,
        checkpoints::newest,
        new TileFiles(directory));
  }

  /** The tree over the log: checkpoints, proofs, tiles. */
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
   * Passes for an entry that the log holds or will hold.
   *
   * @throws LogException.Removed if it held it once
   */
  public void checkNotRemoved(long id) throws LogException.Removed {
    if (id < firstId()) {
      throw new LogException.Removed(id, horizon);
    }
  }

  /** Where the log begins, and what was taken out before that. */
  public Horizon horizon() {
    return horizon;
  }

  /** Makes the log begin here, durably: for its writer. */
  void moveHorizon(Horizon further) throws IOException {
    further.write(directory.horizon());
    horizon = further;
  }

  /** Sees what the writer in another process took out; whether it did. */
  boolean refreshHorizon() throws IOException {
    Horizon now = Horizon.read(directory.horizon(), identity.genesis());
    boolean moved = now.firstId() > horizon.firstId();
    if (moved) {
      horizon = now;
    }
    return moved;
  }

  Segments segments() {
    return segments;
  }

  /**
   * Id of the newest entry, 0 in an empty log. Beside the writer in its own process: the newest
   * that is acknowledged. In another process: the newest that is written; and {@link #firstId} then
   * knows what the writer took out by now.
   */
  public long lastId() throws IOException {
    if (!isBesideWriter()) {
      refreshHorizon();
    }
    return end.lastId();
  }

  /**
   * Whether this reader is the writer's own, so that what is not acknowledged yet does not concern
   * it.
   */
  boolean isBesideWriter() {
    return end instanceof HighWatermark;
  }

  /**
   * Waits until there is an entry after {@code id}; {@code false} if the time passed without one.
   */
  public boolean awaitBeyond(long id, Duration timeout) throws IOException, InterruptedException {
    return end.awaitBeyond(id, timeout);
  }

  /**
   * The entry with this id; empty if there is none.
   *
   * @throws LogException.Corrupt if it should be there and can't be read
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
      try {
        block = readBlock(id);
      } catch (LogException.Corrupt | NoSuchFileException e) {
        if (refreshHorizon() && id < firstId()) {
          return Optional.empty();
        }
        throw e;
      }
      cache.put(block);
    }
    return Optional.of(stored(block, id));
  }

  private Block readBlock(long id) throws IOException {
    Segments.Found found = segments.read(id);
    if (found == null) {
      segments.refresh();
      found = segments.read(id);
    }
    if (found == null) {
      throw new LogException.Corrupt(
          "entry " + id + " is missing from the segments; run \"tally verify\"");
    }
    Block block = found.block();
    checkDefect(block, found.place().toString());
    if (id < block.firstId() || id > block.lastId()) {
      throw new LogException.Corrupt(found.place() + ": no block here, where entry " + id + " was");
    }
    return block;
  }

  private static void checkDefect(Block block, String where) throws LogException.Corrupt {
    if (block.defect() != null) {
      throw new LogException.Corrupt(
          where
              + ": the block with entry "
              + block.firstId()
              + " on "
              + block.defect()
              + "; run \"tally verify\"");
    }
  }

  private static StoredEntry stored(Block block, long id) {
    return new StoredEntry(id, block.entry((int) (id - block.firstId())));
  }

  /**
   * Gives the entries from {@code firstId} to {@code lastId}, both included, in order, as far as
   * there are any; those that retention takes out meanwhile are left out.
   *
   * @return {@code false} if the consumer ended it
   * @throws LogException.Corrupt at the first entry that should be there and can't be read
   */
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

  /** The same by blocks. */
  boolean forEachBlock(long firstId, long lastId, BlockConsumer consumer) throws IOException {
    long last = Math.min(lastId, lastId());
    long next = Math.max(firstId, firstId());
    while (next <= last) {
      try (BlockWalk walk = BlockWalk.from(segments, next)) {
        while (next <= last) {
          Block block = walk.next();
          if (block == null || next < block.firstId() || next > block.lastId()) {
            break;
          }
          checkDefect(block, walk.where());
          long end = Math.min(block.lastId(), last);
          if (!consumer.accept(block, next, end)) {
            return false;
          }
          next = end + 1;
        }
      }
      if (next <= last) {
        refreshHorizon();
        if (next >= firstId()) {
          throw missing(next);
        }
        next = firstId();
      }
    }
    return true;
  }

  private static LogException.Corrupt missing(long id) {
    return new LogException.Corrupt(
        "entry " + id + " is not where it should be in the segments; run \"tally verify\"");
  }

  /**
   * When the log recorded the entry.
   *
   * @throws LogException.Corrupt if there is no such entry, or it can't be read
   */
  public Instant timestamp(long id) throws IOException {
    StoredEntry entry = read(id).orElseThrow(() -> missing(id));
    EntryCodec.Head head = EntryCodec.decodeHead(entry.bytes(), 0, entry.bytes().length);
    return Instant.ofEpochSecond(head.epochSecond(), head.nano());
  }

  /**
   * Checks entries against each other (contents, chain, ids, times) and against the newest
   * checkpoint (format.md, Verification). Every fault in the range is reported.
   *
   * @param progress told from time to time how many entries have been checked; may be {@code null}
   */
  public VerifyReport verify(VerifyRequest request, VerifyReport.@Nullable Progress progress)
      throws IOException, InterruptedException {
    refreshHorizon();
    while (true) {
      long first = firstId();
      VerifyReport report = new RangeVerifier(this, segments, progress).verify(request);
      refreshHorizon();
      if (report.valid() || firstId() == first) {
        return report;
      }
      // Retention took out what was being read.
    }
  }
}
