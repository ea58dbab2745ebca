/** Events of other systems: which mapping is meant, and trying one. */
@NullMarked
package io.tallystick.cli.mapping;

import org.jspecify.annotations.NullMarked;
