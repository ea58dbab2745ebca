package io.tallystick.index;

/**
 * A shard, and the ids that it answers for. A shard that is being written may hold more by the time
 * it is searched; what is beyond the slice belongs to the next one.
 *
 * @param firstId the first id
 * @param lastId the last one; {@link Long#MAX_VALUE} if no other slice follows
 */
record Slice(Shard shard, long firstId, long lastId) {

  /** Whether it may have an entry from {@code fromId} to {@code toId}, both included. */
  boolean mayHold(long fromId, long toId) {
    long from = Math.max(fromId, firstId);
    long to = Math.min(toId, lastId);
    return from <= to && shard.mayHold(from, to);
  }
}
