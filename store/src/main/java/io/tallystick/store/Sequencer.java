package io.tallystick.store;

import java.io.IOException;
import java.util.List;

/**
 * The one thread that gives entries their place and writes blocks. Takes everything that waits,
 * adds it to the block, and writes the block when the committer is free to force it or when it has
 * grown to {@link BlockFormat#TARGET_BLOCK_BYTES}. Once an hour it waits for the committer: a segment is begun
 * when all blocks of the one before it are forced.
 */
final class Sequencer implements Runnable {
  private final AppendQueue queue;
  private final Committer committer;
  private final ChronicleWriter writer;
  private final BlockBuilder block;
  private final EntryClock clock;
  private final FreeSpace space;

  Sequencer(
      AppendQueue queue,
      Committer committer,
      ChronicleWriter writer,
      BlockBuilder block,
      EntryClock clock,
      FreeSpace space) {
    this.queue = queue;
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
        taken = queue.take();
        if (taken == null) {
          break;
        }
        clock.read();
        for (next = 0; next < taken.size(); next++) {
          AppendRequest request = taken.get(next);
          if (!block.fits(request)) {
            write();
          }
          block.add(request, clock.next(request.count()));
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
      queue.close(failure);
      refuse(block.requests(), failure);
      if (taken != null && next < taken.size()) {
        List<AppendRequest> rest = taken.subList(next, taken.size());
        refuse(rest.stream().filter(r -> !r.receipt().isDone()).toList(), failure);
      }
      for (var left = queue.take(); left != null; left = queue.take()) {
        refuse(left, failure);
      }
    } finally {
      committer.close();
      writer.close();
    }
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
      ChronicleWriter.Written written = writer.append(block.finish(), block.firstNanos());
      committer.submit(
          new Committer.Commit(
              written, block.lastId(), block.hashes(), List.copyOf(block.requests())));
      block.begin();
    } catch (LogException.DiskFull e) {
      List<AppendRequest> refused = List.copyOf(block.requests());
      block.abandon();
      clock.rewind(block.lastNanos());
      refuse(refused, e);
    }
  }

  private void refuse(List<AppendRequest> requests, LogException reason) {
    requests.forEach(request -> request.refuse(reason));
    queue.settled(requests);
  }
}
