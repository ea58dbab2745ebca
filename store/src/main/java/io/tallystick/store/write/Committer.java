package io.tallystick.store.write;

import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.log.Durability;
import io.tallystick.store.log.LogException;
import io.tallystick.store.seal.Sealer;
import io.tallystick.store.seal.StopLatch;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.BlockBuilder;
import io.tallystick.store.segment.ChronicleWriter;
import io.tallystick.store.segment.SegmentFile;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes written blocks durable and acknowledges them. Each turn takes everything that was written
 * since the last one, forces it, reads it back, raises the high watermark, hands the hashes to the
 * sealer, and answers; so one force serves all requests that came while the one before it ran.
 *
 * <p>What is read back comes from the operating system's page cache, not from the device. It shows
 * that the block stands whole where readers will look for it: that the sequencer wrote the right
 * bytes to the right place, and that nothing in this process or another overwrote them or their
 * header before the force. It does not show what the device holds. For that the log relies on the
 * force, which fails if the device reports an error, and on verification after a restart.
 *
 * <p>A failed force is never retried, because nobody knows what it left in the page cache. The log
 * stops instead.
 *
 * <p>All blocks of a turn are in one segment, because the sequencer begins the next one only after
 * {@link #awaitForced}. So the blocks of a segment are forced and read back before its file is
 * closed, and a power cut leaves unfinished blocks only in the newest segment, where recovery
 * looks.
 */
public final class Committer implements Runnable {
  /** A written block, the hashes of its entries, and the requests to answer once it is durable. */
  static final class Commit {
    private final ChronicleWriter.Written written;
    private final BlockBuilder.Payload payload;
    private final long lastId;
    private final byte[] hashes;
    private final List<AppendRequest> requests;

    /**
     * @param hashes 32 bytes each; not copied
     */
    Commit(
        ChronicleWriter.Written written,
        BlockBuilder.Payload payload,
        long lastId,
        byte[] hashes,
        List<AppendRequest> requests) {
      this.written = written;
      this.payload = payload;
      this.lastId = lastId;
      this.hashes = hashes;
      this.requests = requests;
    }
  }

  private final AppendQueue queue;
  private final StopLatch latch;
  private final HighWatermark watermark;
  private final Durability durability;
  private final Sealer sealer;

  private final HandOver<Commit> handOver;

  /** Confined to the committer thread. */
  private ChronicleWriter.@Nullable WritableSegment current;

  /** Confined to the committer thread. */
  private ByteBuffer readBack = ByteBuffer.allocateDirect(1 << 20);

  public Committer(
      AppendQueue queue,
      StopLatch latch,
      HighWatermark watermark,
      Durability durability,
      Sealer sealer) {
    this.queue = queue;
    this.handOver = new HandOver<>(queue);
    this.latch = latch;
    this.watermark = watermark;
    this.durability = durability;
    this.sealer = sealer;
  }

  /** Whether a block that is submitted now would be forced at once. */
  boolean isIdle() {
    return handOver.isIdle();
  }

  void submit(Commit commit) {
    handOver.submit(commit);
    if (durability == Durability.ASYNC) {
      watermark.through(commit.lastId);
      answer(commit);
    }
  }

  /**
   * Waits until all submitted blocks are forced.
   *
   * @throws LogException.Stopped if a force failed
   */
  void awaitForced() throws LogException.Stopped {
    handOver.awaitIdle();
  }

  /** Ends {@link #run} once all submitted blocks are forced or refused. */
  void close() {
    handOver.close();
  }

  @Override
  public void run() {
    LogException.Stopped stopped = null;
    for (var commits = handOver.take(); !commits.isEmpty(); commits = handOver.take()) {
      if (stopped == null) {
        try {
          commit(commits);
          continue;
        } catch (IOException | RuntimeException | Error e) {
          stopped =
              new LogException.Stopped(
                  "the log stopped, because its last writes could not be made durable: "
                      + e.getMessage(),
                  e);
          latch.stop(stopped);
          handOver.fail(stopped);
        }
      }
      for (Commit commit : commits) {
        for (AppendRequest request : commit.requests) {
          request.refuse(stopped);
        }
        queue.settled(commit.requests);
      }
    }
    closeCurrent();
  }

  private void commit(List<Commit> commits) throws IOException {
    for (Commit commit : commits) {
      ChronicleWriter.WritableSegment segment = commit.written.segment();
      if (segment != current) {
        rollTo(segment);
      }
    }
    if (current != null) {
      current.channel().force(false);
    }
    for (Commit commit : commits) {
      checkWritten(commit.written, commit.payload);
    }
    if (durability == Durability.FORCED) {
      // Before the sealer has the hashes: a checkpoint must never cover an entry that readers of
      // this process cannot see yet, or verification would miss it.
      watermark.through(commits.getLast().lastId);
    }
    for (Commit commit : commits) {
      sealer.extend(commit.hashes);
      queue.settled(commit.requests);
    }
    if (durability == Durability.FORCED) {
      commits.reversed().forEach(Committer::answer);
    }
  }

  /** Forces the old file with its end mark, then the new one, then their directory. */
  private void rollTo(ChronicleWriter.WritableSegment segment) throws IOException {
    if (current != null) {
      current.channel().force(true);
      current.channel().close();
    }
    current = segment;
    segment.channel().force(true);
    AtomicFile.forceDirectory(segment.directory());
  }

  private void checkWritten(ChronicleWriter.Written written, BlockBuilder.Payload payload)
      throws IOException {
    int bytes = SegmentFile.HEADER_BYTES + written.length();
    if (readBack.capacity() < bytes) {
      readBack = ByteBuffer.allocateDirect(bytes);
    }
    ByteBuffer buffer = readBack.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (written.segment().channel().read(buffer, written.position() + buffer.position()) < 0) {
        break;
      }
    }
    buffer.flip();
    if (buffer.remaining() < bytes
        || buffer.getInt() != written.length()
        || !Block.crcMatches(buffer, payload)) {
      throw new LogException.Corrupt(
          written.segment().path()
              + "@"
              + written.position()
              + ": the block reads back differently from what was written");
    }
  }

  /**
   * Answers the newest request first: a client that waits for its oldest request wakes up once and
   * finds the others answered too.
   */
  private static void answer(Commit commit) {
    int end = commit.hashes.length;
    for (AppendRequest request : commit.requests.reversed()) {
      end -= request.count() * Hash.BYTES;
      request.acknowledge(commit.hashes, end);
    }
  }

  private void closeCurrent() {
    if (current != null) {
      try {
        current.channel().close();
      } catch (IOException e) {
        // All of it is forced, so nothing depends on the close.
        current = null;
      }
    }
  }
}
