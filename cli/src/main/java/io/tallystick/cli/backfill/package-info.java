/** {@code tally import}: what other systems have logged already. */
@NullMarked
package io.tallystick.cli.backfill;

import org.jspecify.annotations.NullMarked;
