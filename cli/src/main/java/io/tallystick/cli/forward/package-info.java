/** Commands about forwarding. */
@NullMarked
package io.tallystick.cli.forward;

import org.jspecify.annotations.NullMarked;
