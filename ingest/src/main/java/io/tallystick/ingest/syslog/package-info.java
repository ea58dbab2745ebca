/**
 * Receives syslog: RFC 5424 and, as far as it can be understood, RFC 3164, over TCP (RFC 6587), TLS
 * (RFC 5425) and UDP (RFC 5426). Syslog has no acknowledgement: what a sender has written may be
 * lost on the way, and it never hears of it.
 */
@NullMarked
package io.tallystick.ingest.syslog;

import org.jspecify.annotations.NullMarked;
