/** Receivers of other systems' events: their routes, who may send, and the answers. */
@NullMarked
package io.tallystick.http.ingest;

import org.jspecify.annotations.NullMarked;
