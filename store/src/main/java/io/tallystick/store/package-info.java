/**
 * The log on disk: append, read, seal, verify. The only package that touches the disk.
 *
 * <p><b>Threads.</b> Any number of threads call {@link io.tallystick.store.AuditLog#append}; each
 * encodes its own events and puts them on a bounded queue. One thread, the sequencer, takes
 * everything that waits, gives ids, times and hashes, and writes blocks. A second one, the
 * committer, forces whatever has been written since its last force, reads it back, and acknowledges
 * it. The sequencer goes on writing while the committer forces, so the device is never idle for
 * want of work, and a force is shared by everything that waited for it. Only where a new segment
 * begins does it wait until the old one is forced, so that a crash leaves its traces in one
 * segment. Nothing else ever writes a segment.
 *
 * <p>Readers take no lock: they read what has been acknowledged, with positional reads that are
 * checked against the bounds of the file, never through mapped memory, so that damage is a finding
 * and not a crash.
 */
@NullMarked
package io.tallystick.store;

import org.jspecify.annotations.NullMarked;
