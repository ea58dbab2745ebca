/** Splunk's HTTP Event Collector. */
@NullMarked
package io.tallystick.forward.hec;

import org.jspecify.annotations.NullMarked;
