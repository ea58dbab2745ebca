/**
 * The entries on disk: blocks in Chronicle Queue's cycle files (format.md, Segments). One class,
 * {@link io.tallystick.store.segment.ChronicleWriter}, knows Chronicle Queue, and only to write.
 * Readers use positional reads within the bounds of the file and never mapped memory, so that
 * damage is a finding and not a crash.
 *
 * <pre>
 *   SegmentFile     one file, as bytes            Segments     all files, and the search for an id
 *   SegmentCursor   document by document          BlockWalk    across files, and across damage
 *   Block           one document's entries        BlockReader  whole blocks by id, or an error
 *   ChronicleWriter appends blocks                Tail         where the log ends
 *   BlockBuilder    builds blocks                 Recovery     truncates an unfinished tail
 * </pre>
 */
@NullMarked
package io.tallystick.store.segment;

import org.jspecify.annotations.NullMarked;
