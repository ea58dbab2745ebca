/** The commands of {@code tally} that list and count entries, a class each. */
@NullMarked
package io.tallystick.cli.reading;

import org.jspecify.annotations.NullMarked;
