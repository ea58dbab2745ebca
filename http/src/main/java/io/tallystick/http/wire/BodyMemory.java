package io.tallystick.http.wire;

import io.tallystick.service.FairBudget;
import io.tallystick.service.Limit;
import io.tallystick.service.ShareExceededException;

/**
 * The memory for the bodies of requests, of which each sender has a fair share. An eighth is
 * reserved for the first {@value #SMALL_BYTES} bytes of bodies, so that large ones keep no small
 * one out. Safe for any number of threads.
 */
public final class BodyMemory {
  /** A body up to this size is small. */
  static final int SMALL_BYTES = 16 << 10;

  private final FairBudget small;
  private final FairBudget large;

  /**
   * @param maxBytes of all bodies that are being read or answered
   */
  public BodyMemory(long maxBytes) {
    this.small = new FairBudget(maxBytes / 8);
    this.large = new FairBudget(maxBytes - maxBytes / 8);
  }

  /** Memory without a bound, for bodies so small that each connection may have one. */
  static BodyMemory unbounded() {
    return new BodyMemory(Long.MAX_VALUE);
  }

  /** How much the largest body may have so that a sender that holds nothing else can send it. */
  public static long largestBody(long maxBytes) {
    return (maxBytes - maxBytes / 8) / 2;
  }

  /** The memory of one body of this sender. */
  Lease lease(String sender) {
    return new Lease(sender);
  }

  /** The memory of one body. Used by one thread. */
  final class Lease implements AutoCloseable {
    private final String sender;
    private long smallBytes;
    private long largeBytes;

    private Lease(String sender) {
      this.sender = sender;
    }

    /**
     * Takes so many bytes more.
     *
     * @throws ShareExceededException if the sender would have more than its share
     */
    void add(long bytes) {
      if (smallBytes + largeBytes + bytes <= SMALL_BYTES && small.tryAcquire(sender, bytes)) {
        smallBytes += bytes;
      } else if (large.tryAcquire(sender, bytes)) {
        largeBytes += bytes;
      } else {
        throw new ShareExceededException(
            Limit.BODIES,
            sender,
            small.held(sender) + large.held(sender),
            small.total() + large.total());
      }
    }

    /** Takes what is missing to so many bytes, as {@link #add} does. */
    void raiseTo(long bytes) {
      long missing = bytes - smallBytes - largeBytes;
      if (missing > 0) {
        add(missing);
      }
    }

    /** Gives all of it back. */
    @Override
    public void close() {
      small.release(sender, smallBytes);
      large.release(sender, largeBytes);
      smallBytes = 0;
      largeBytes = 0;
    }
  }
}
