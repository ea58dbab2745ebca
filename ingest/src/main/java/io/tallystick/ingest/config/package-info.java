/** Which receivers a server has. */
@NullMarked
package io.tallystick.ingest.config;

import org.jspecify.annotations.NullMarked;
