/** Events as CloudEvents over HTTP. */
@NullMarked
package io.tallystick.ingest.cloudevents;

import org.jspecify.annotations.NullMarked;
