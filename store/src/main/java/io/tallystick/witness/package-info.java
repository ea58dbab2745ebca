/**
 * A witness of other logs (C2SP tlog-witness, tlog-cosignature): signs a log's checkpoint if it
 * continues the one it signed before, and no other. A log that shows different histories to
 * different people, or goes back to an older one, can't get its checkpoints signed.
 *
 * <p>{@code http} gives it an address; {@code store} keeps what comes back to a log.
 */
@NullMarked
package io.tallystick.witness;

import org.jspecify.annotations.NullMarked;
