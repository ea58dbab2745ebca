/** API keys and their permissions. */
@NullMarked
package io.tallystick.service.access;

import org.jspecify.annotations.NullMarked;
