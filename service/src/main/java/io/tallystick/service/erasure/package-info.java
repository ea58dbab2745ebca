/** Erasing personal values: whose, after which look at holds, and what of it is reported. */
@NullMarked
package io.tallystick.service.erasure;

import org.jspecify.annotations.NullMarked;
