/**
 * From an accepted batch to an acknowledgement: the queue, the sequencer that assigns ids and times
 * and writes blocks, and the committer that forces and acknowledges them.
 */
@NullMarked
package io.tallystick.store.write;

import org.jspecify.annotations.NullMarked;
