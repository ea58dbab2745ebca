/**
 * The tree over the log: tiles, the right edge, and the checkpoints that the log signs (format.md,
 * Tree and Checkpoint). Entries, full tiles, right edge, checkpoint: each is durable before the
 * next.
 */
@NullMarked
package io.tallystick.store.seal;

import org.jspecify.annotations.NullMarked;
