/** {@code tally append --follow}: log files that are being written and rotated. */
@NullMarked
package io.tallystick.cli.follow;

import org.jspecify.annotations.NullMarked;
