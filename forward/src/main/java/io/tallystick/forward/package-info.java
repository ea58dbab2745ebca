/**
 * How events get out: each sink takes what its filter lets through to one receiver, remembers how
 * far it came, and can prove afterwards what the receiver holds (docs/connect/forwarding.md).
 */
@NullMarked
package io.tallystick.forward;

import org.jspecify.annotations.NullMarked;
