/**
 * What takes forwarded entries to a receiver. A kind of sink is a {@link
 * io.tallystick.forward.sink.SinkType}.
 */
@NullMarked
package io.tallystick.forward.sink;

import org.jspecify.annotations.NullMarked;
