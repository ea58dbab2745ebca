/**
 * Witnesses (C2SP tlog-witness, tlog-cosignature): one signs another log's checkpoint if it
 * continues the one it signed before, and no other. A log that shows different histories to
 * different people, or goes back to an older one, cannot get its checkpoints signed.
 *
 * <p>{@link io.tallystick.service.witness.Witness} is one, for other logs; {@link
 * io.tallystick.service.witness.WitnessFeeder} asks others to sign this log's checkpoints.
 */
@NullMarked
package io.tallystick.service.witness;

import org.jspecify.annotations.NullMarked;
