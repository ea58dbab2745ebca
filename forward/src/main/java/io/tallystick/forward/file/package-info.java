/** Entries in a file on this machine. */
@NullMarked
package io.tallystick.forward.file;

import org.jspecify.annotations.NullMarked;
