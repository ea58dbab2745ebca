/** Events as they come in from files and pipes: unpacked, split, decoded, gathered into batches. */
@NullMarked
package io.tallystick.cli.input;

import org.jspecify.annotations.NullMarked;
