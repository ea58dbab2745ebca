package io.tallystick.store.write;

import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.log.LogException;
import io.tallystick.store.seal.StopLatch;
import io.tallystick.store.segment.BlockBuilder;
import io.tallystick.store.segment.BlockFormat;
import io.tallystick.store.segment.ChronicleWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The one thread that assigns ids and times to entries and writes blocks. It takes all waiting
 * requests, adds them to the block, and writes the block when the committer is free to force it or
 * when it has grown to {@link BlockFormat#TARGET_BLOCK_BYTES}. Once an hour it waits for the
 * committer: a segment begins only when all blocks of the previous one are forced.
 */
public final class Sequencer implements Runnable {
  private final AppendQueue queue;
  private final StopLatch latch;
  private final Committer committer;
  private final ChronicleWriter writer;
  private final BlockBuilder block;

  /** The requests whose events are in the block. */
  private final List<AppendRequest> requests = new ArrayList<>();

  private final EntryClock clock;
  private final FreeSpace space;

  public Sequencer(
      AppendQueue queue,
      StopLatch latch,
      Committer committer,
      ChronicleWriter writer,
      BlockBuilder block,
      EntryClock clock,
      FreeSpace space) {
    this.queue = queue;
    this.latch = latch;
    this.committer = committer;
    this.writer = writer;
    this.block = block;
    this.clock = clock;
    this.space = space;
  }

  @Override
  public void run() {
    List<AppendRequest> taken = List.of();
    int next = 0;
    try {
      while (true) {
        // While the committer is busy, a block would only grow; it nudges when it is not.
        taken = queue.take(!committer.isIdle());
        if (taken == null) {
          break;
        }
        clock.read();
        for (next = 0; next < taken.size(); next++) {
          AppendRequest request = taken.get(next);
          if (!block.fits(request.count(), request.maxBlockBytes())) {
            write();
          }
          add(request);
          if (block.bytes() >= BlockFormat.TARGET_BLOCK_BYTES) {
            write();
          }
        }
        if (committer.isIdle()) {
          write();
        }
      }
      write();
    } catch (IOException | RuntimeException | Error e) {
      LogException.Stopped failure =
          e instanceof LogException.Stopped stopped
              ? stopped
              : new LogException.Stopped(
                  "the log stopped, because a block could not be written: " + e.getMessage(), e);
      latch.stop(failure);
      refuse(requests, failure);
      if (taken != null && next < taken.size()) {
        List<AppendRequest> rest = taken.subList(next, taken.size());
        refuse(rest.stream().filter(r -> !r.receipt().isDone()).toList(), failure);
      }
      for (var left = queue.take(false); left != null; left = queue.take(false)) {
        refuse(left, failure);
      }
    } finally {
      committer.close();
      writer.close();
    }
  }

  private void add(AppendRequest request) {
    long nanos = clock.next(request.count());
    request.sequenced(block.add(request.events(), nanos), nanos);
    requests.add(request);
  }

  private void write() throws IOException {
    if (block.isEmpty()) {
      return;
    }
    try {
      space.check(block.bytes());
      if (writer.beginsSegment(block.firstNanos())) {
        committer.awaitForced();
      }
      ByteBuffer finished = block.finish();
      BlockBuilder.Payload payload = block.payload(finished);
      ChronicleWriter.Written written = writer.append(finished, block.firstNanos());
      committer.submit(
          new Committer.Commit(
              written, payload, block.lastId(), block.hashes(), List.copyOf(requests)));
      block.begin();
      requests.clear();
    } catch (NoSpaceException e) {
      block.abandon();
      clock.rewind(block.lastNanos());
      refuse(requests, new LogException.DiskFull(e));
      requests.clear();
    }
  }

  private void refuse(List<AppendRequest> requests, LogException reason) {
    requests.forEach(request -> request.refuse(reason));
    queue.settled(requests);
  }
}
