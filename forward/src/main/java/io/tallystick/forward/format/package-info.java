/** What an entry looks like outside: its format. Knows no receiver. */
@NullMarked
package io.tallystick.forward.format;

import org.jspecify.annotations.NullMarked;
