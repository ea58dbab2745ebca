/** Events, entries and their one canonical encoding. Pure: no I/O. */
@NullMarked
package io.tallystick.entry;

import org.jspecify.annotations.NullMarked;
