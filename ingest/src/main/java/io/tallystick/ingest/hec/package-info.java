/** Events by the protocol of Splunk's HTTP Event Collector. */
@NullMarked
package io.tallystick.ingest.hec;

import org.jspecify.annotations.NullMarked;
