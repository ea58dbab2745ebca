/** What a receiver holds, compared with what the log says it should. */
@NullMarked
package io.tallystick.forward.reconcile;

import org.jspecify.annotations.NullMarked;
