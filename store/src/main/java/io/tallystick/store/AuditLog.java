package io.tallystick.store;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.Event;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.files.DirectoryLock;
import io.tallystick.store.files.NativeLibraries;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.LogIdentity;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.seal.Sealer;
import io.tallystick.store.seal.SigningKeyRing;
import io.tallystick.store.seal.StopLatch;
import io.tallystick.store.seal.TreeRecovery;
import io.tallystick.store.segment.BlockBuilder;
import io.tallystick.store.segment.BlockFormat;
import io.tallystick.store.segment.BlockReader;
import io.tallystick.store.segment.ChronicleWriter;
import io.tallystick.store.segment.Recovery;
import io.tallystick.store.segment.SegmentCursor;
import io.tallystick.store.segment.Segments;
import io.tallystick.store.segment.Tail;
import io.tallystick.store.write.AppendQueue;
import io.tallystick.store.write.AppendRequest;
import io.tallystick.store.write.Committer;
import io.tallystick.store.write.EntryClock;
import io.tallystick.store.write.FreeSpace;
import io.tallystick.store.write.HighWatermark;
import io.tallystick.store.write.Sequencer;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log that is open for writing; its data directory has only one writer at a time. Safe for any
 * number of threads; the package comment explains how they work together.
 *
 * <pre>{@code
 * try (AuditLog log = AuditLog.open(Path.of("data"), LogConfig.defaults())) {
 *   Receipt receipt = log.append(Event.of("auth.logout")).get();
 * }
 * }</pre>
 */
public final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  /**
   * No checkpoint is so late on a device that works: one takes milliseconds, and a few seconds
   * where forcing is slow.
   */
  private static final Duration MAX_LATE = Duration.ofSeconds(60);

  private final LogReader reader;
  private final AppendQueue queue;
  private final StopLatch latch;
  private final HighWatermark watermark;
  private final LogThread sequencer;
  private final LogThread committer;
  private final LogThread sealerThread;
  private final Sealer sealer;
  private final FreeSpace space;
  private final DirectoryLock lock;

  /** Fair, so that placing a hold waits for one batch of a retention run and not for all. */
  private final ReentrantLock removalLock = new ReentrantLock(true);

  private AuditLog(
      LogReader reader,
      AppendQueue queue,
      StopLatch latch,
      HighWatermark watermark,
      Sequencer sequencer,
      Committer committer,
      Sealer sealer,
      FreeSpace space,
      DirectoryLock lock,
      ThreadFactory threads) {
    this.reader = reader;
    this.queue = queue;
    this.latch = latch;
    this.watermark = watermark;
    this.sealer = sealer;
    this.space = space;
    this.lock = lock;
    this.sequencer = LogThread.of("tally-sequencer", sequencer, threads);
    this.committer = LogThread.of("tally-committer", committer, threads);
    this.sealerThread = LogThread.of("tally-sealer", sealer, threads);
  }

  /**
   * Opens the log in this data directory for writing, or creates one. Recovers from a crash of the
   * last writer: truncates an unfinished tail, logs what it removed, and keeps everything that was
   * acknowledged.
   *
   * @throws LogException.Locked if another writer has it open
   * @throws LogException.NotALog if it was restored from archives and is read-only
   * @throws LogException.Corrupt if its end is damaged
   * @throws LogException.Contradiction if it contradicts its newest checkpoint
   * @throws LogException.NoKey if the signing key is missing, open to other users or of another log
   * @throws LogException if it can't be opened for another reason, which the message gives
   */
  public static AuditLog open(Path data, LogConfig config) throws IOException {
    return open(data, config, Thread.ofPlatform().factory());
  }

  /** As {@link #open(Path, LogConfig)}, on threads that this factory makes. */
  static AuditLog open(Path data, LogConfig config, ThreadFactory threads) throws IOException {
    DataDirectory directory = new DataDirectory(data);
    directory.create();
    DirectoryLock lock = directory.lock();
    try {
      directory.deleteStale();
      NativeLibraries.unpackInto(directory.nativeLibraries());
      AuditLog log = open(directory, config, lock, threads);
      log.start();
      if (log.lastId() == 0) {
        log.record(Event.of("audit.log.created"));
      } else if (log.sealer.newest() == null) {
        log.awaitSeal();
      }
      new Eraser(log).resume();
      return log;
    } catch (IOException | RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Replaces the log's signing key. Both keys sign the next checkpoint, which is kept: clients that
   * trust the old key learn the new one from it.
   *
   * @return the new verifier key
   * @throws LogException.Locked if a writer has the log open
   */
  public static VerifierKey rotateKey(Path data, LogConfig config) throws IOException {
    DataDirectory directory = new DataDirectory(data);
    if (!directory.holdsLog()) {
      throw new LogException.NotALog(directory.root() + " holds no log");
    }
    // Opened first, so that a damaged log keeps its key.
    try (AuditLog log = open(data, config)) {
      // A checkpoint with a timestamp keeps its signatures, so both keys need another one to sign.
      if (log.reader.tree().token(log.lastId()).isPresent()) {
        log.record(Event.of("audit.key.rotated"));
      }
    }
    DirectoryLock lock = directory.lock();
    try {
      SigningKeyRing.prepareRotation(directory, LogIdentity.read(directory.identity()), config);
    } finally {
      lock.close();
    }
    open(data, config).close();
    return LogIdentity.read(directory.identity()).keys().getFirst();
  }

  /** Starts the log's threads, each before the one that hands work to it, or none. */
  private void start() throws IOException {
    try {
      sealerThread.start();
      committer.start();
      sequencer.start();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static AuditLog open(
      DataDirectory directory, LogConfig config, DirectoryLock lock, ThreadFactory threads)
      throws IOException {
    boolean existed = directory.holdsLog();
    Segments segments = new Segments(directory.segments());
    segments.refresh();
    if (existed) {
      checkNotRestored(directory);
    } else if (!segments.names().isEmpty()) {
      throw new LogException.NotALog(
          directory.root()
              + " holds segments of a log, but log.json is missing; restore it from a backup");
    }
    SigningKeyRing keys =
        SigningKeyRing.open(directory, LogIdentity.readOrCreate(directory, config), config);
    LogIdentity identity = keys.identity();
    TreeRecovery tree = TreeRecovery.of(directory, config, keys);
    Erasures erasures = Erasures.read(directory.erasures());
    // Whatever was erased was sealed, also where the checkpoint is an older one now.
    Tail tail = Tail.find(segments, Math.max(tree.sealedId(), erasures.lastEntry()));
    Tail.Last last = tail.checkChain(identity.genesis());
    if (existed && last.id() == 0) {
      LOG.warn(
          "{} was created at {} and holds no entries; if it ever held any, its segments are gone",
          directory.root(),
          identity.createdAt());
    }
    tree.checkHolds(tail);
    new Recovery(directory).truncate(tail, segments);
    segments.refresh();

    StopLatch latch = new StopLatch();
    AppendQueue queue = new AppendQueue(config.maxPendingBytes(), latch);
    HighWatermark watermark = new HighWatermark(last.id());
    Horizon horizon = Horizon.read(directory.horizon(), identity.genesis());
    Sealer sealer = tree.sealer(new BlockReader(segments), horizon, last.id(), latch);
    try {
      LogReader reader =
          new LogReader(
              directory,
              identity,
              segments,
              horizon,
              watermark,
              tree.checkpoints(),
              () -> Optional.ofNullable(sealer.newest()),
              sealer);
      // A crash during retention may have left segments to delete.
      segments.deleteBefore(horizon.firstId());
      Committer committer = new Committer(queue, latch, watermark, config.durability(), sealer);
      FreeSpace space = new FreeSpace(directory.segments(), config.minFreeBytes());
      Sequencer sequencer =
          new Sequencer(
              queue,
              latch,
              committer,
              ChronicleWriter.open(directory.segments(), floorMillis(tail, last)),
              new BlockBuilder(last.id(), last.hash(), last.nanos(), Sha256.newDigest()),
              new EntryClock(config.clock(), last.nanos()),
              space);
      return new AuditLog(
          reader, queue, latch, watermark, sequencer, committer, sealer, space, lock, threads);
    } catch (IOException | RuntimeException | Error e) {
      sealer.discard();
      throw e;
    }
  }

  /** Refuses a log that was restored from archives. */
  private static void checkNotRestored(DataDirectory directory) throws IOException {
    Hash genesis = LogIdentity.read(directory.identity()).genesis();
    if (Horizon.read(directory.horizon(), genesis).isRestored()) {
      throw new LogException.NotALog(
          directory.root() + " was restored from archives and is read-only");
    }
  }

  /** The hour of the newest segment, or the one after it if that segment was closed. */
  private static long floorMillis(Tail tail, Tail.Last last) {
    long floor = Math.floorDiv(last.nanos(), 1_000_000L);
    if (tail.segment() != null) {
      long hour = ChronicleWriter.startMillis(tail.segment());
      boolean closed = tail.stop() == SegmentCursor.Stop.END_OF_FILE;
      floor = Math.max(floor, closed ? hour + ChronicleWriter.SEGMENT.toMillis() : hour);
    }
    return floor;
  }

  private void record(Event event) throws IOException {
    await(append(event));
    awaitSeal();
  }

  private void awaitSeal() throws IOException {
    await(seal());
  }

  private void await(CompletableFuture<?> done) throws IOException {
    try {
      Futures.from(done);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the log was being opened", e);
    }
  }

  /** Appends one event, see {@link #append(List, String)}. */
  public CompletableFuture<Receipt> append(Event event) {
    return append(List.of(event), null);
  }

  /**
   * Appends a batch of events: after a crash either all of them are there or none. Returns at once.
   * The future completes with the receipt when the batch is acknowledged, or with a {@link
   * LogException} that says why it was refused.
   *
   * <p>The log's own thread completes the future, so actions that are chained to it without an
   * executor must be short.
   *
   * @param events 1 to 65,535 events, at most 12 MiB when encoded
   * @param source name of the API key that sent them; {@code null} for none
   * @throws IllegalArgumentException if there are none or too many
   * @throws io.tallystick.entry.InvalidEventException if an event does not fit into an entry
   */
  public CompletableFuture<Receipt> append(List<Event> events, @Nullable String source) {
    if (events.isEmpty() || events.size() > BlockFormat.MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "a batch must have 1 to "
              + BlockFormat.MAX_ENTRIES
              + " events, but has "
              + events.size());
    }
    List<EncodedEvent> encoded = new ArrayList<>(events.size());
    for (Event event : events) {
      encoded.add(EntryCodec.encodeEvent(event, source));
    }
    AppendRequest request = new AppendRequest(encoded);
    if (BlockFormat.HEAD_BYTES + request.maxBlockBytes() > BlockFormat.MAX_BLOCK_BYTES) {
      throw new IllegalArgumentException(
          "an encoded batch must have at most " + BlockFormat.MAX_BLOCK_BYTES + " bytes");
    }
    try {
      queue.put(request);
    } catch (LogException e) {
      return CompletableFuture.failedFuture(e);
    }
    return request.receipt();
  }

  /**
   * Erases personal values for good: appends the entries that record it, seals them, and overwrites
   * the values in segments and archives with zeros. No entry, hash or proof changes. Waits until
   * all of it is durable. After a crash, or an error, the next erasure or open carries out the
   * rest.
   *
   * @param events from {@link Erasure#events}; each names entries that are there before it
   * @throws IllegalArgumentException if an event is something else
   */
  public Erased erase(List<Event> events) throws IOException, InterruptedException {
    removalLock.lockInterruptibly();
    try {
      return new Eraser(this).erase(events);
    } finally {
      removalLock.unlock();
    }
  }

  /** Reads the acknowledged part of the log; also usable after {@link #close()}. */
  public LogReader reader() {
    return reader;
  }

  /** Id of the newest acknowledged entry, 0 if there is none. */
  public long lastId() {
    return watermark.lastId();
  }

  /**
   * A checkpoint over everything that is acknowledged now: the newest if it covers that, otherwise
   * a new one. The future completes with a {@link LogException} if the log has stopped.
   */
  public CompletableFuture<SignedCheckpoint> seal() {
    return sealer.covering(lastId());
  }

  /**
   * The lock that is held while entries are removed from the beginning of the log. Hold it to keep
   * the log from changing its beginning. Fair.
   */
  public Lock removalLock() {
    return removalLock;
  }

  /** Why the log accepts no more appends; empty while it does. */
  public Optional<LogException> stopped() {
    return Optional.ofNullable(latch.reason());
  }

  /** What keeps entries from being sealed, as a sentence; empty while they are, or are soon. */
  public Optional<String> sealingFault() {
    if (!sealerThread.thread().isAlive()) {
      return Optional.of("The thread that seals has ended; restart the server.");
    }
    Duration late = sealer.late();
    return late.compareTo(MAX_LATE) > 0
        ? Optional.of(
            "Entries are not sealed: a checkpoint has been due for " + late.toSeconds() + " s.")
        : Optional.empty();
  }

  /** Usable bytes on the log's device. */
  public long freeBytes() throws IOException {
    return space.bytes();
  }

  /** Whether fewer bytes are free than {@link LogConfig#minFreeBytes}. */
  public boolean isLowOnSpace() throws IOException {
    return space.isLow();
  }

  /** Answers pending appends, signs a last checkpoint and closes the log. May be called again. */
  @Override
  public void close() throws IOException {
    latch.stop(new LogException.Stopped("the log is closed"));
    boolean interrupted = sequencer.finish();
    interrupted |= committer.finish();
    sealer.close();
    interrupted |= sealerThread.finish();
    lock.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** When the newest acknowledged entry was recorded; empty in an empty log. */
  public Optional<Instant> lastTimestamp() throws IOException {
    long last = lastId();
    return last == 0 ? Optional.empty() : Optional.of(reader.timestamp(last));
  }
}
