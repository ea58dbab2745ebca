/** Retention by age, and the legal holds that stop it. */
@NullMarked
package io.tallystick.service.retention;

import org.jspecify.annotations.NullMarked;
