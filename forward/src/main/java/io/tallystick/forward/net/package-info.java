/** What sinks that talk over a network share: trust, HTTP, and how to send a batch in parts. */
@NullMarked
package io.tallystick.forward.net;

import org.jspecify.annotations.NullMarked;
