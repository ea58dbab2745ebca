/**
 * From an accepted batch to an acknowledgement.
 *
 * <p>An append passes through four stages. Each has one thread, or one kind of thread, that owns
 * what it works on; between two stages there is one hand-over, and the hand-over is the fence.
 *
 * <pre>
 *   clients --AppendQueue--&gt; sequencer --HandOver--&gt; committer --Sealer.extend--&gt; sealer
 *      ^                                                |
 *      +---------- the request's future ----------------+--HighWatermark--&gt; readers
 * </pre>
 *
 * <h2>Clients</h2>
 *
 * <p>Any number of threads. A client encodes its events, puts an {@link AppendRequest} on the
 * {@link AppendQueue}, and waits for the request's future. Until it is put, the request is the
 * client's; afterwards the client only reads the future. The queue is a stack with one
 * compare-and-set, which publishes the request's plain fields.
 *
 * <p>A client never waits for room: a full queue refuses it ({@code Overloaded}). It never touches
 * ids, hashes or files.
 *
 * <h2>Sequencer</h2>
 *
 * <p>One thread, the only one that knows the chain's end. It takes the whole stack with one
 * exchange, gives each entry its id, time and previous hash, hashes it, and writes blocks. It owns
 * the {@link EntryClock}, the block builder and Chronicle's appender; none of them has a lock,
 * because nothing else touches them.
 *
 * <p>It writes a block when the committer is idle or the block is full. Otherwise the block grows,
 * so one force serves many requests, and the sequencer goes back to sleep on the queue until enough
 * has gathered there to be worth a hand-over. Two things may wake it, requests and {@link
 * AppendQueue#nudge}, and each follows the same rule, which is what keeps a wake-up from being
 * lost: <em>the sleeper says that it sleeps, then looks again; the waker changes what is looked at,
 * then looks for a sleeper</em>. Both sides are a volatile write followed by a volatile read, in
 * opposite order, so at least one of them sees the other. The {@link HighWatermark} does the same
 * with its count of waiters.
 *
 * <p>The sequencer never forces a file and never acknowledges. It waits for the committer in one
 * place only, {@link Committer#awaitForced}, before it begins a segment. After a write that failed
 * it goes back to the last block's end, or stops the log; it never leaves a gap.
 *
 * <h2>Committer</h2>
 *
 * <p>One thread. Each turn takes everything that was submitted to the {@link HandOver}, forces the
 * segment once, reads the blocks back, raises the watermark, hands their hashes to the sealer, and
 * completes the futures. The hand-over's lock publishes the block's hashes and requests. The flag
 * that says the committer is idle is written under that lock and read by the sequencer without it;
 * the committer sets it <em>before</em> it nudges the queue, so a sequencer that saw it busy is
 * woken and sees it idle.
 *
 * <p>The watermark is written by this thread alone. Its volatile write comes after the force and
 * the read-back, so an entry can be read as soon as its id is visible. It is raised before the
 * futures are completed, so a client that was answered finds its own entry.
 *
 * <p>The committer never repeats a force that failed: what it left in the page cache is unknown. It
 * stops the log instead, and refuses what it can't vouch for. It never changes the order of blocks,
 * and it waits for nobody but the device and, when the tree is far behind, the sealer.
 *
 * <h2>Sealer</h2>
 *
 * <p>One thread, in {@code store.seal}. It appends hashes to the tree, writes tiles, and signs
 * checkpoints. Its queue is guarded by a lock; the tree's edge has a lock of its own, which readers
 * of tiles share. The sealer never signs what the committer has not forced, and never holds the
 * queue's lock while it hashes or writes, for the committer would wait with it.
 *
 * <h2>The end</h2>
 *
 * <p>A {@code StopLatch} keeps the first reason. From then on the queue refuses every put, and what
 * it holds is still taken: the sequencer exchanges the stack's top for a mark that no put passes,
 * so a request was either taken or refused. The sequencer then closes the committer, which ends
 * when it has dealt with everything.
 *
 * <p>Fields that a lock guards carry {@code @GuardedBy}, and the compiler checks them. The
 * hand-overs are tested by the classes named {@code *Stress} beside this package's tests.
 */
@NullMarked
package io.tallystick.store.write;

import org.jspecify.annotations.NullMarked;
