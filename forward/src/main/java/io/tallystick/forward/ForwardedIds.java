package io.tallystick.forward;

import java.util.function.LongConsumer;

/**
 * Which entries a sink was sent, and with which {@code seq}: a bit for each entry of the log, and
 * as much again. Used by one thread, first to add and then to ask.
 */
final class ForwardedIds {
  private static final int BITS = 64;

  private final long first;
  private final long end;
  private final long[] sent;
  private final long[] seen;

  /** How many were sent before each word. */
  private final long[] before;

  /** What {@link #before} counts from: entries that retention removed were sent too. */
  private long removed;

  /** For entries from {@code first} on and before {@code end}. */
  ForwardedIds(long first, long end) {
    this.first = first;
    this.end = Math.max(first, end);
    int words = Math.toIntExact((this.end - first + BITS - 1) / BITS);
    this.sent = new long[words];
    this.seen = new long[words];
    this.before = new long[words];
  }

  /** It was sent. */
  void add(long id) {
    sent[word(id)] |= bit(id);
  }

  /**
   * All were added.
   *
   * @param lastSeq of the newest one
   */
  void complete(long lastSeq) {
    long count = 0;
    for (int i = 0; i < sent.length; i++) {
      before[i] = count;
      count += Long.bitCount(sent[i]);
    }
    removed = lastSeq - count;
  }

  /** How many there are, up to this {@code seq}. */
  long count(long throughSeq) {
    return Math.max(0, throughSeq - removed);
  }

  /** The last one before the end, of those with at most this {@code seq}; 0 if there is none. */
  long last(long throughSeq) {
    long last = 0;
    for (int i = sent.length - 1; i >= 0 && last == 0; i--) {
      for (long rest = sent[i]; rest != 0 && last == 0; rest &= ~Long.highestOneBit(rest)) {
        long id = first + (long) i * BITS + (BITS - 1 - Long.numberOfLeadingZeros(rest));
        last = seq(id) <= throughSeq ? id : 0;
      }
    }
    return last;
  }

  /** The last one that the receiver has; 0 if it has none. */
  long lastSeen() {
    for (int i = seen.length - 1; i >= 0; i--) {
      if (seen[i] != 0) {
        return first + (long) i * BITS + (BITS - 1 - Long.numberOfLeadingZeros(seen[i]));
      }
    }
    return 0;
  }

  /** Whether the entry was sent. */
  boolean contains(long id) {
    return id >= first && id < end && (sent[word(id)] & bit(id)) != 0;
  }

  /** The {@code seq} that an entry was sent with. */
  long seq(long id) {
    int word = word(id);
    return removed + before[word] + Long.bitCount(sent[word] & (bit(id) | (bit(id) - 1)));
  }

  /** The receiver has it; {@code false} if that was said before. */
  boolean see(long id) {
    boolean again = (seen[word(id)] & bit(id)) != 0;
    seen[word(id)] |= bit(id);
    return !again;
  }

  /** Those that the receiver does not have. */
  void forEachUnseen(LongConsumer consumer) {
    for (int i = 0; i < sent.length; i++) {
      for (long rest = sent[i] & ~seen[i]; rest != 0; rest &= rest - 1) {
        consumer.accept(first + (long) i * BITS + Long.numberOfTrailingZeros(rest));
      }
    }
  }

  private int word(long id) {
    return (int) ((id - first) / BITS);
  }

  private long bit(long id) {
    return 1L << ((id - first) % BITS);
  }
}
