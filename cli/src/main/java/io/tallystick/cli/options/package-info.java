/** Options that several commands share, and their defaults from environment variables. */
@NullMarked
package io.tallystick.cli.options;

import org.jspecify.annotations.NullMarked;
