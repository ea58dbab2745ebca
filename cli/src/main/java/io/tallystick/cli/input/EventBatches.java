package io.tallystick.cli.input;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.entry.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Events on their way from the thread that reads them to the thread that appends them. A batch is
 * handed over when it is full, when its first event has waited for {@link #LINGER}, or when nothing
 * follows it. At most two batches are in memory: the one being appended and the one being filled.
 */
public final class EventBatches {
  /** How long an event waits for others to share its batch. */
  static final Duration LINGER = Duration.ofMillis(200);

  static final int MAX_EVENTS = 1_000;
  static final int MAX_BYTES = 4 << 20;

  /** A batch of this size does not wait for more: the next event might not fit. */
  private static final int READY_BYTES = MAX_BYTES / 2;

  /**
   * Events to append together.
   *
   * @param texts their JSON on one line each, as it was read
   * @param events the same events, decoded; empty if all were rejected
   * @param places where each of them begins
   * @param rejected those that are left out
   * @param last where the last one of either kind begins
   */
  public record Batch(
      List<byte[]> texts,
      List<Event> events,
      List<Place> places,
      List<Rejected> rejected,
      Place last) {}

  /**
   * An event that is left out.
   *
   * @param place where it begins
   * @param reasons what is wrong with it, each with where that is; at least one
   */
  public record Rejected(Place place, List<String> reasons) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private List<byte[]> texts = new ArrayList<>();

  @GuardedBy("lock")
  private List<Event> events = new ArrayList<>();

  @GuardedBy("lock")
  private List<Place> places = new ArrayList<>();

  @GuardedBy("lock")
  private List<Rejected> rejected = new ArrayList<>();

  @GuardedBy("lock")
  private @Nullable Place last;

  @GuardedBy("lock")
  private int bytes;

  @GuardedBy("lock")
  private long firstNanos;

  @GuardedBy("lock")
  private boolean waitingForInput;

  @GuardedBy("lock")
  private boolean stopped;

  @GuardedBy("lock")
  private boolean ended;

  @GuardedBy("lock")
  private @Nullable Failure failure;

  /** Adds an event. Waits while the batch is full. */
  void add(byte[] text, Event event, Place place) throws InterruptedException {
    lock.lock();
    try {
      awaitRoom(text.length);
      texts.add(text);
      events.add(event);
      places.add(place);
      added(place, text.length);
    } finally {
      lock.unlock();
    }
  }

  /** Adds an event that is left out, of this many bytes. Waits while the batch is full. */
  void reject(Rejected event, int length) throws InterruptedException {
    lock.lock();
    try {
      awaitRoom(length);
      rejected.add(event);
      added(event.place(), length);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void awaitRoom(int length) throws InterruptedException {
    while (size() == MAX_EVENTS || (bytes > 0 && bytes + length > MAX_BYTES)) {
      changed.await();
    }
  }

  @GuardedBy("lock")
  private void added(Place place, int length) {
    last = place;
    bytes += length;
    if (size() == 1) {
      firstNanos = System.nanoTime();
    }
    if (size() == 1 || isReady()) {
      changed.signalAll();
    }
  }

  @GuardedBy("lock")
  private int size() {
    return events.size() + rejected.size();
  }

  /** The reader is about to wait for input: whatever it has read so far is in a batch. */
  void beforeInput() {
    lock.lock();
    try {
      waitingForInput = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The reader has input, and uses it unless this is {@code false}: then reading was stopped. */
  boolean afterInput() {
    lock.lock();
    try {
      waitingForInput = stopped;
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing follows, because the input has ended or because of a failure. */
  void end(@Nullable Failure why) {
    lock.lock();
    try {
      ended = true;
      failure = why;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends reading as soon as everything that was read so far is in a batch. */
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean isReady() {
    return size() == MAX_EVENTS || bytes >= READY_BYTES;
  }

  /** Whether {@link #stop} ended reading before the input had ended. */
  public boolean isStopped() {
    lock.lock();
    try {
      return stopped && !ended;
    } finally {
      lock.unlock();
    }
  }

  /** Why nothing more could be read; {@code null} if nothing went wrong. */
  public @Nullable Failure failure() {
    lock.lock();
    try {
      return failure;
    } finally {
      lock.unlock();
    }
  }

  /** The next batch, or {@code null} when there is none left. Waits for it. */
  public @Nullable Batch take() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        boolean complete = ended || (stopped && waitingForInput);
        if (last == null) {
          if (complete) {
            return null;
          }
          changed.await();
          continue;
        }
        long left = LINGER.toNanos() - (System.nanoTime() - firstNanos);
        if (complete || left <= 0 || isReady()) {
          Batch batch = new Batch(texts, events, places, rejected, last);
          texts = new ArrayList<>();
          events = new ArrayList<>();
          places = new ArrayList<>();
          rejected = new ArrayList<>();
          last = null;
          bytes = 0;
          changed.signalAll();
          return batch;
        }
        long _ = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
