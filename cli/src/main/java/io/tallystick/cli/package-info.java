/** The command line, {@code tally}. Only here is the environment read and the program ended. */
@NullMarked
package io.tallystick.cli;

import org.jspecify.annotations.NullMarked;
