/** Audit logs of programs that send them to an HTTP address themselves. */
@NullMarked
package io.tallystick.ingest.audit;

import org.jspecify.annotations.NullMarked;
