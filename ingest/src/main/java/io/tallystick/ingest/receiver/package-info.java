/** What a protocol over HTTP has to say to be received. Knows no server. */
@NullMarked
package io.tallystick.ingest.receiver;

import org.jspecify.annotations.NullMarked;
