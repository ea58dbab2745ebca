/**
 * From an accepted batch to an acknowledgement: the queue, the sequencer that gives entries their
 * place and writes blocks, the committer that forces and acknowledges them.
 */
@NullMarked
package io.tallystick.store.write;

import org.jspecify.annotations.NullMarked;
