/**
 * The log on disk: append, read, seal, verify. The only package that touches the disk.
 *
 * <p><b>Threads.</b> Any number of threads call {@link io.tallystick.store.AuditLog#append}; each
 * encodes its own events and puts them on a bounded queue. The sequencer thread removes everything
 * from the queue, assigns ids, times and hashes, and writes blocks. The committer thread forces
 * everything that was written since its last force, reads it back, and acknowledges it. The sealer
 * thread adds the acknowledged entries to the tree and signs checkpoints. The sequencer keeps
 * writing while the committer forces, so the device is never idle for lack of work, and all
 * requests that wait for a force share it. Only when a segment begins does the sequencer wait until
 * the old one is forced, so that a crash leaves traces in only one segment. Nothing else writes
 * segments.
 *
 * <p>What is sealed is acknowledged: the committer raises the high watermark before it hands hashes
 * to the sealer.
 *
 * <p>Readers use no lock. They read what is acknowledged, with positional reads within the bounds
 * of the file and never through mapped memory, so that damage is a finding and not a crash.
 */
@NullMarked
package io.tallystick.store;

import org.jspecify.annotations.NullMarked;
