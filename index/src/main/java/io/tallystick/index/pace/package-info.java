/** How fast something is done, how often it is tried again. Knows nothing of the index. */
@NullMarked
package io.tallystick.index.pace;

import org.jspecify.annotations.NullMarked;
