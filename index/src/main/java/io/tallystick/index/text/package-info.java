/** What texts are found by: their folded form, their beginning. Knows nothing of the index. */
@NullMarked
package io.tallystick.index.text;

import org.jspecify.annotations.NullMarked;
