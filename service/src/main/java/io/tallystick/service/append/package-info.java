/** Appends that can be repeated safely. */
@NullMarked
package io.tallystick.service.append;

import org.jspecify.annotations.NullMarked;
