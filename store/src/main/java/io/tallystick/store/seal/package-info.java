/**
 * The tree over the log: tiles, the right edge, and the checkpoints that the log signs (format.md,
 * Tree and Checkpoint). Entries, full tiles, right edge and checkpoint become durable in this
 * order.
 */
@NullMarked
package io.tallystick.store.seal;

import org.jspecify.annotations.NullMarked;
