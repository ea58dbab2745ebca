/** OpenTelemetry collectors, and whatever else speaks OTLP over HTTP. */
@NullMarked
package io.tallystick.forward.otlp;

import org.jspecify.annotations.NullMarked;
