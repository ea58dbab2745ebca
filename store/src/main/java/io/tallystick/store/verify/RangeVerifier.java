package io.tallystick.store.verify;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.Nanos;
import io.tallystick.store.log.SafePoint;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.BlockWalk;
import io.tallystick.store.segment.Segments;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TilePath;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Checks a range of the log from the bytes on disk up: the caller's thread reads blocks, {@link
 * Assistants} check runs of them, and the caller joins the runs in order. It checks a run itself
 * that no assistant takes. Memory does not depend on the range. Used once.
 */
public final class RangeVerifier {
  /** A run is checked when it has this many bytes. */
  private static final int RUN_BYTES = 1 << 20;

  private static final int MAX_RUNS_AHEAD = 8;

  private final LogReader reader;
  private final Segments segments;
  private final Assistants assistants;
  private final VerifyReport.@Nullable Progress progress;

  private final List<Fault> faults = new ArrayList<>();
  private final Deque<FutureTask<ChainCheck>> runs = new ArrayDeque<>();
  private long faultCount;
  private long checked;
  private long leafHashes;
  private long nodeHashes;
  private long total;
  private @Nullable ChainCheck lastRun;
  private ChainCheck.@Nullable Link link;
  private @Nullable SignedCheckpoint checkpoint;
  private @Nullable SealCheck seal;
  private final PersonalCheck personal;

  RangeVerifier(LogReader reader, Assistants assistants, VerifyReport.@Nullable Progress progress)
      throws IOException {
    this.reader = reader;
    this.segments = reader.segments();
    this.assistants = assistants;
    this.progress = progress;
    this.personal = new PersonalCheck(reader, this::add);
  }

  VerifyReport verify(VerifyRequest request) throws IOException, InterruptedException {
    long started = System.nanoTime();
    CheckpointCheck checkpoints = new CheckpointCheck(reader, this::add);
    checkpoint = checkpoints.newest(request.keys());
    long newest = reader.lastId();
    long start = request.startId() == null ? reader.firstId() : request.startId();
    reader.checkNotRemoved(start);
    new HorizonCheck(reader, this::add).check();
    long due = request.endId() == null ? Math.max(newest, checkpoints.sealedId()) : request.endId();
    long last;
    if (request.quick()) {
      last = quick(start, due);
    } else {
      last = everything(request, start, newest);
      if (last < due) {
        add(Fault.missing(last, due));
      }
    }
    personal.end();
    checkpoints.covered(request, newest);
    nodeHashes += checkpoints.nodesHashed();
    return new VerifyReport(
        start,
        last,
        checked,
        leafHashes,
        nodeHashes,
        checkpoint,
        request.quick(),
        faults,
        faultCount,
        Duration.ofNanos(System.nanoTime() - started));
  }

  private long quick(long start, long end) throws IOException {
    if (checkpoint == null && faultCount == 0) {
      throw new IllegalArgumentException(
          "a quick verification needs a checkpoint, and this log has none");
    }
    QuickCheck quick = new QuickCheck(reader, personal, this::add);
    long last = checkpoint == null ? start - 1 : quick.check(checkpoint, start, end);
    checked = quick.leavesHashed();
    leafHashes = quick.leavesHashed();
    nodeHashes += quick.nodesHashed();
    return last;
  }

  private long everything(VerifyRequest request, long start, long newest)
      throws IOException, InterruptedException {
    long end = request.endId() == null ? Long.MAX_VALUE : request.endId();
    if (reader.isBesideWriter()) {
      end = Math.min(end, newest);
    }
    total = Math.max(0, Math.min(end, newest) - start + 1);
    link = linkBefore(start);
    strayFiles();
    if (checkpoint != null) {
      seal = new SealCheck(checkpoint, reader.tree().tiles(), start, end, this::add);
    }
    try {
      walk(start, end, request.strict());
    } catch (ClosedByInterruptException e) {
      Thread.interrupted();
      throw interrupted();
    } finally {
      runs.forEach(run -> run.cancel(true));
    }
    if (seal != null) {
      seal.end();
      nodeHashes += seal.nodesHashed();
    }
    if (checkpoint != null && request.isWholeLog()) {
      TileCheck tiles = new TileCheck(checkpoint.size(), reader.tree().tiles(), this::add);
      tiles.check(start - 1);
      nodeHashes += tiles.nodesHashed();
    }
    return link == null ? start - 1 : Math.max(start - 1, link.id());
  }

  /** The entry that the first entry of the range must be chained to. */
  private ChainCheck.@Nullable Link linkBefore(long start) throws IOException {
    if (start == reader.firstId()) {
      return new ChainCheck.Link(start - 1, reader.horizon().previous(), Long.MIN_VALUE);
    }
    try (BlockWalk walk = BlockWalk.from(segments, start - 1)) {
      Block block = walk.next();
      if (block != null && holds(block, start - 1)) {
        byte[] before = entry(block, start - 1);
        EntryCodec.Head head = EntryCodec.decodeHead(before, 0, before.length);
        long nanos = Nanos.of(head.epochSecond(), head.nano());
        Block next = holds(block, start) ? block : walk.next();
        return new ChainCheck.Link(start - 1, hashBefore(before, start, next), nanos);
      }
    } catch (InvalidEntryException e) {
      add(cannotStart(start));
      return null;
    }
    if (start <= reader.lastId()) {
      add(cannotStart(start));
    }
    return null;
  }

  private static boolean holds(Block block, long id) {
    return block.firstId() <= id && id <= block.lastId();
  }

  private static byte[] entry(Block block, long id) {
    return block.entry((int) (id - block.firstId()));
  }

  /**
   * The hash of the entry before the range. If the first entry of the range and the tree agree on
   * it, it is not computed.
   */
  private Hash hashBefore(byte[] before, long start, @Nullable Block next) throws IOException {
    if (checkpoint != null
        && start - 1 <= checkpoint.size()
        && next != null
        && holds(next, start)) {
      byte[] first = entry(next, start);
      Hash said = EntryCodec.decodeHead(first, 0, first.length).previousHash();
      try {
        Tile tile = Tile.holding(0, start - 2, checkpoint.size());
        byte[] hashes = reader.tree().tiles().read(tile);
        int at = (int) ((start - 2) % TilePath.FULL_WIDTH) * Hash.BYTES;
        if (said.equals(Hash.of(hashes, at, Hash.BYTES))) {
          return said;
        }
      } catch (CorruptTileException e) {
        // Verification of a range that needs this tile reports it.
      }
    }
    leafHashes++;
    return EntryHash.of(before);
  }

  private static Fault cannotStart(long start) {
    return new Fault(
        start,
        Fault.Kind.CHAIN,
        "entry "
            + (start - 1)
            + " is unreadable, so it can't be checked what entry "
            + start
            + " is chained to");
  }

  private void strayFiles() throws IOException {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(segments.directory(), "*.discard")) {
      for (Path file : files) {
        add(
            new Fault(
                0,
                Fault.Kind.SEGMENT,
                file.getFileName()
                    + " is a segment that Chronicle set aside because its head was unreadable"));
      }
    }
  }

  private void walk(long start, long end, boolean strict) throws IOException, InterruptedException {
    try (BlockWalk walk = BlockWalk.from(segments, start)) {
      List<Block> run = new ArrayList<>();
      List<String> where = new ArrayList<>();
      long bytes = 0;
      boolean more = start <= end;
      while (more) {
        Block block = walk.next();
        walk.takeGaps().stream()
            .filter(gap -> gap.expectedId() >= start && gap.expectedId() <= end)
            .map(gap -> new Fault(gap.expectedId(), Fault.Kind.SEGMENT, gap.reason()))
            .forEach(this::add);
        more = block != null && block.firstId() <= end;
        if (more && block != null) {
          run.add(block);
          where.add(walk.where());
          bytes += block.bytes().length;
        }
        if ((!more && !run.isEmpty()) || bytes >= RUN_BYTES) {
          submit(new ChainCheck(start, end, strict, personal), run, where);
          run = new ArrayList<>();
          where = new ArrayList<>();
          bytes = 0;
        }
      }
    }
    while (!runs.isEmpty()) {
      join(runs.remove());
    }
    if (Thread.interrupted()) {
      throw interrupted();
    }
    if (lastRun != null) {
      int before = lastRun.faults().size();
      lastRun.end();
      lastRun.faults().subList(before, lastRun.faults().size()).forEach(this::add);
    }
  }

  private void submit(ChainCheck check, List<Block> run, List<String> where)
      throws IOException, InterruptedException {
    FutureTask<ChainCheck> task =
        new FutureTask<>(() -> {
          for (int i = 0; i < run.size(); i++) {
            if (Thread.interrupted()) {
              throw interrupted();
            }
            check.block(run.get(i), where.get(i));
          }
          return check;
        });
    runs.add(task);
    if (!assistants.assist(task)) {
      task.run();
    }
    if (runs.size() > MAX_RUNS_AHEAD) {
      join(runs.remove());
    }
    while (!runs.isEmpty() && runs.getFirst().isDone()) {
      join(runs.remove());
    }
  }

  private static InterruptedException interrupted() {
    return new InterruptedException("the verification was interrupted");
  }

  private void join(FutureTask<ChainCheck> run) throws IOException, InterruptedException {
    SafePoint.reach();
    if (Thread.interrupted()) {
      throw interrupted();
    }
    ChainCheck check;
    try {
      // Does nothing if somebody has begun it.
      run.run();
      check = run.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof InterruptedException) {
        throw interrupted();
      }
      throw new IllegalStateException("a run of blocks could not be checked", e.getCause());
    }
    check.follow(link);
    check.faults().forEach(this::add);
    check.doubtful().forEach(personal::doubt);
    check.erasures().forEach(personal::pass);
    if (check.last() != null) {
      link = check.last();
    }
    lastRun = check;
    checked += check.checked();
    leafHashes += check.checked();
    if (seal != null) {
      seal.accept(check);
    }
    if (progress != null) {
      progress.at(checked, total);
    }
  }

  private void add(Fault fault) {
    faultCount++;
    if (faults.size() < VerifyReport.MAX_FAULTS) {
      faults.add(fault);
    }
  }
}
