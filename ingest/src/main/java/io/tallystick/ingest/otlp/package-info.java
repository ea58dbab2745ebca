/** Logs by OTLP/HTTP, the protocol of OpenTelemetry, in JSON and protobuf. */
@NullMarked
package io.tallystick.ingest.otlp;

import org.jspecify.annotations.NullMarked;
