package io.tallystick.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A queue that drops events when it is full, and tells the log how many. */
final class MemoryQueue implements EventQueue {
  private static final long MAX_BYTES = 64 << 20;

  private final int capacity;
  private final String stream;
  private final AtomicLong sequence;

  @GuardedBy("this")
  private final Deque<byte[]> events = new ArrayDeque<>();

  @GuardedBy("this")
  private long bytes;

  /** The event about some that were dropped. */
  @GuardedBy("this")
  private byte @Nullable [] notice;

  /** How many it is about. */
  @GuardedBy("this")
  private int noticed;

  /** Further ones. */
  @GuardedBy("this")
  private int dropped;

  @GuardedBy("this")
  private boolean stopped;

  MemoryQueue(int capacity, String stream, AtomicLong sequence) {
    this.capacity = capacity;
    this.stream = stream;
    this.sequence = sequence;
  }

  /** Never waits. The numbers of dropped events are missing from the log. */
  @Override
  public synchronized void append(byte[] encoded) {
    long number = sequence.incrementAndGet();
    if (stopped || events.size() >= capacity || bytes + encoded.length > MAX_BYTES) {
      dropped++;
      return;
    }
    byte[] event = Event.withSequence(encoded, number);
    events.add(event);
    bytes += event.length;
    notifyAll();
  }

  @Override
  public synchronized List<byte[]> next() {
    while (!stopped && events.isEmpty() && dropped == 0 && notice == null) {
      try {
        wait();
      } catch (InterruptedException e) {
        return List.of();
      }
    }
    if (stopped) {
      return List.of();
    }
    List<byte[]> batch = new ArrayList<>();
    if (dropped > 0 && notice == null) {
      Event event =
          Event.of("client.events_dropped")
              .eventId(EventIds.next(System.currentTimeMillis()))
              .detail("count", dropped)
              .dated();
      notice = Event.withSequence(event.encode(stream), sequence.incrementAndGet());
      noticed = dropped;
      dropped = 0;
    }
    if (notice != null) {
      batch.add(notice);
    }
    long size = 0;
    for (byte[] event : events) {
      size += event.length;
      if (batch.size() == MAX_BATCH_EVENTS || (!batch.isEmpty() && size > MAX_BATCH_BYTES)) {
        break;
      }
      batch.add(event);
    }
    return batch;
  }

  @Override
  public synchronized void done(int count) {
    int rest = count;
    if (rest > 0 && notice != null) {
      notice = null;
      noticed = 0;
      rest--;
    }
    for (; rest > 0; rest--) {
      bytes -= events.remove().length;
    }
    notifyAll();
  }

  @Override
  public void reject(Rejection rejection) {}

  @Override
  public synchronized int awaitEmpty(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      for (long left = timeout.toNanos(); left() > 0 && left > 0; ) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
        left = deadline - System.nanoTime();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return left();
  }

  @GuardedBy("this")
  private int left() {
    return events.size() + noticed + dropped;
  }

  @Override
  public synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  @Override
  public synchronized int close() {
    return left();
  }
}
