/**
 * Filters and statistics over the log, with Lucene. The index holds nothing that the log does not:
 * it can be deleted at any time, and is then built again.
 *
 * <p>It is made of shards, {@code index/<first id>/}, of at most 64 Mi consecutive ids each, so
 * that no limit of Lucene's is ever reached and retention can drop whole ones. One thread, the
 * follower, reads the log behind its writer and adds to the newest shard; how far a shard has come
 * is part of its commit, so a crash neither loses nor repeats an entry. A query waits until the
 * follower has indexed everything that was acknowledged when the query came.
 */
@NullMarked
package io.tallystick.index;

import org.jspecify.annotations.NullMarked;
