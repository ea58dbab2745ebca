/** Events of other systems on their way into the log, whatever protocol brings them. */
@NullMarked
package io.tallystick.ingest;

import org.jspecify.annotations.NullMarked;
