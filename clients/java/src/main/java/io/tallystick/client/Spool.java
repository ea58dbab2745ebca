package io.tallystick.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.client.SpoolFiles.Position;
import io.tallystick.client.SpoolFiles.Segment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A queue in a directory. Appends of many threads share a sync: the first to come leads, writes
 * what has gathered, and syncs it; meanwhile the next group gathers.
 *
 * <p>Numbers are given to events when they are written, and taken back where that fails, so that
 * the log has no gap for an event whose append threw an exception.
 */
final class Spool implements EventQueue {
  static final long MIN_BYTES = 1 << 20;
  private static final long MAX_SEGMENT_BYTES = 8 << 20;

  private static final System.Logger LOG = System.getLogger(Spool.class.getPackageName());

  /** At most this many bytes more than the encoded event. */
  private static final int RECORD_ROOM = SpoolFiles.HEADER_BYTES + 40;

  private final Path directory;
  private final String stream;
  private final long maxBytes;
  private final long segmentBytes;
  private final WhenFull whenFull;
  private final SpoolLock lockFile;

  private final ReentrantLock lock = new ReentrantLock();

  /** Something below changed, but for groups. */
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private Group gathering = new Group(lock.newCondition());

  /** Somebody leads: only they use {@code file} and change the last segment and nextSequence. */
  @GuardedBy("lock")
  private boolean writing;

  /** Oldest first, never empty; the last one is being written. */
  @GuardedBy("lock")
  private final Deque<Segment> segments = new ArrayDeque<>();

  @GuardedBy("lock")
  private Position position;

  @GuardedBy("lock")
  private int waiting;

  /** Bytes of groups that are not written yet. */
  @GuardedBy("lock")
  private long reserved;

  /** Why nothing more can be written. */
  @GuardedBy("lock")
  private @Nullable String broken;

  @GuardedBy("lock")
  private boolean stopped;

  @GuardedBy("lock")
  private boolean closed;

  private RandomAccessFile file;
  private long nextSequence;

  /** Lengths of the records that {@link #next} returned last. Confined to the sender. */
  private final Deque<Integer> batch = new ArrayDeque<>();

  /** The events that one sync makes durable. Guarded by the spool's lock. */
  private static final class Group {
    final Condition done;
    final List<byte[]> events = new ArrayList<>();
    long room;
    boolean isDone;
    boolean isWritten;
    @Nullable IOException error;

    Group(Condition done) {
      this.done = done;
    }
  }

  /**
   * Opens the spool of a directory, which it makes if there is none.
   *
   * @throws IOException if it is in use, damaged, of another stream, or cannot be written
   */
  Spool(Path directory, String stream, long maxBytes, WhenFull whenFull) throws IOException {
    this.directory = directory;
    this.stream = stream;
    this.maxBytes = maxBytes;
    this.segmentBytes = Math.min(MAX_SEGMENT_BYTES, maxBytes / 8);
    this.whenFull = whenFull;
    SpoolFiles.createDirectory(directory);
    lockFile = SpoolLock.of(directory);
    try {
      Recovery found = Recovery.of(directory, stream);
      position = found.position();
      segments.addAll(found.segments());
      waiting = found.waiting();
      nextSequence = found.lastSequence() + 1;
      if (segments.isEmpty()) {
        startSegment(SpoolFiles.segmentName(nextSequence));
      }
      String last = segments.getLast().name();
      file = new RandomAccessFile(directory.resolve(last).toFile(), "rw");
      // Also records that were written and not yet synced when a process ended are sent from now
      // on.
      file.getFD().sync();
    } catch (IOException | RuntimeException e) {
      lockFile.close();
      throw e;
    }
  }

  @GuardedBy("lock")
  private void startSegment(String name) throws IOException {
    SpoolFiles.createFile(directory.resolve(name));
    SpoolFiles.sync(directory);
    segments.add(new Segment(name, 0));
  }

  /** Returns when the event is synced. */
  @Override
  public void append(byte[] encoded) {
    lock.lock();
    try {
      Group group = join(encoded);
      while (!group.isDone) {
        if (writing) {
          group.done.awaitUninterruptibly();
        } else {
          commit();
        }
      }
      if (!group.isWritten) {
        String why = group.error == null ? "the write ended" : group.error.getMessage();
        throw new AuditException("the event could not be spooled: " + why, group.error);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Adds an event to the group that gathers, when there is room for it. */
  @GuardedBy("lock")
  private Group join(byte[] encoded) {
    long room = (long) RECORD_ROOM + encoded.length;
    while (true) {
      if (closed) {
        throw new AuditException("the client is closed", null);
      }
      if (broken != null) {
        throw new AuditException(broken, null);
      }
      if (usedBytes() + room <= maxBytes) {
        gathering.events.add(encoded);
        gathering.room += room;
        reserved += room;
        return gathering;
      }
      if (whenFull == WhenFull.RAISE) {
        throw new SpoolFullException();
      }
      try {
        changed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AuditException("interrupted while the spool was full", e);
      }
    }
  }

  @GuardedBy("lock")
  private long usedBytes() {
    long used = reserved - position.offset();
    for (Segment segment : segments) {
      used += segment.size();
    }
    return used;
  }

  /** Writes and syncs the group that gathered, without the lock meanwhile. */
  @GuardedBy("lock")
  private void commit() {
    Group group = gathering;
    gathering = new Group(lock.newCondition());
    writing = true;
    long size = segments.getLast().size();
    long written = 0;
    try {
      if (size >= segmentBytes) {
        startSegment(SpoolFiles.segmentName(nextSequence));
        file.close();
        Path path = directory.resolve(segments.getLast().name());
        file = new RandomAccessFile(path.toFile(), "rw");
        size = 0;
      }
      lock.unlock();
      try {
        written = write(records(group), size);
      } finally {
        lock.lock();
      }
      segments.add(new Segment(segments.removeLast().name(), size + written));
      nextSequence += group.events.size();
      waiting += group.events.size();
      group.isWritten = true;
    } catch (UnsyncedException e) {
      broken = e.getMessage();
      group.error = e;
    } catch (IOException e) {
      group.error = e;
    } finally {
      reserved -= group.room;
      writing = false;
      group.isDone = true;
      group.done.signalAll();
      gathering.done.signal(); // the next leader
      changed.signalAll();
    }
  }

  private byte[] records(Group group) {
    ByteArrayOutputStream records = new ByteArrayOutputStream((int) group.room);
    long sequence = nextSequence;
    for (byte[] event : group.events) {
      records.writeBytes(SpoolFiles.record(Event.withSequence(event, sequence++)));
    }
    return records.toByteArray();
  }

  /** Nobody knows what is on the disk. */
  private static final class UnsyncedException extends IOException {
    private static final long serialVersionUID = 1;

    UnsyncedException(IOException cause) {
      super(
          "the spool cannot be written any more; open it with a new client: " + cause.getMessage(),
          cause);
    }
  }

  /**
   * Appends to the last segment and syncs it. Where there is no room, it leaves the segment as it
   * was. After a failed sync the kernel may have dropped what was written, and a second one would
   * succeed without writing it: then nothing more is written until the spool is opened again.
   */
  private long write(byte[] records, long size) throws IOException {
    try {
      file.seek(size);
      file.write(records);
    } catch (IOException e) {
      try {
        file.setLength(size);
      } catch (IOException notEven) {
        throw new UnsyncedException(e);
      }
      throw e;
    }
    try {
      file.getFD().sync();
    } catch (IOException e) {
      throw new UnsyncedException(e);
    }
    return records.length;
  }

  @Override
  public List<byte[]> next() throws IOException {
    while (true) {
      Segment first;
      long offset;
      lock.lock();
      try {
        while (!stopped
            && segments.size() == 1
            && position.offset() == segments.getFirst().size()) {
          changed.awaitUninterruptibly();
        }
        if (stopped) {
          return List.of();
        }
        first = segments.getFirst();
        offset = position.offset();
      } finally {
        lock.unlock();
      }
      if (offset < first.size()) {
        List<byte[]> events =
            SpoolFiles.readBatch(directory.resolve(first.name()), offset, first.size());
        batch.clear();
        events.forEach(event -> batch.add(SpoolFiles.HEADER_BYTES + event.length));
        return events;
      }
      dropFirst();
    }
  }

  @Override
  public void done(int count) throws IOException {
    Position from = position();
    long offset = from.offset();
    List<Integer> lengths = batch.stream().limit(count).toList();
    for (int length : lengths) {
      offset += length;
    }
    store(new Position(stream, from.segment(), offset, from.sourceSeq() + count));
    lengths.forEach(length -> batch.remove());
    lock.lock();
    try {
      waiting -= count;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Deletes the first segment, all of which is sent, after storing that the next one is up. */
  private void dropFirst() throws IOException {
    Segment first;
    Segment second;
    lock.lock();
    try {
      first = segments.getFirst();
      second = segments.stream().skip(1).findFirst().orElseThrow();
    } finally {
      lock.unlock();
    }
    store(new Position(stream, second.name(), 0, position().sourceSeq()));
    Files.deleteIfExists(directory.resolve(first.name()));
  }

  private Position position() {
    lock.lock();
    try {
      return position;
    } finally {
      lock.unlock();
    }
  }

  private void store(Position to) throws IOException {
    SpoolFiles.replace(directory.resolve(SpoolFiles.POSITION), to.toBytes());
    lock.lock();
    try {
      position = to;
      while (!segments.getFirst().name().equals(to.segment())) {
        segments.removeFirst();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** After a crash, an event may stand there twice. */
  @Override
  public void reject(Rejection rejection) throws IOException {
    SpoolFiles.appendLine(directory.resolve(SpoolFiles.REJECTED), Answers.toJson(rejection));
  }

  @Override
  public int awaitEmpty(Duration timeout) {
    lock.lock();
    try {
      long left = timeout.toNanos();
      while (waiting > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
      return waiting;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for appends that are under way, and gives the spool to whoever opens it next. */
  @Override
  public int close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      while (reserved > 0) {
        changed.awaitUninterruptibly();
      }
      file.close();
      lockFile.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, "the spool could not be closed", e);
    } finally {
      lock.unlock();
    }
    return awaitEmpty(Duration.ZERO);
  }
}
