/** The commands of {@code tally}, a class each: options, what is asked, what is printed. */
@NullMarked
package io.tallystick.cli.command;

import org.jspecify.annotations.NullMarked;
