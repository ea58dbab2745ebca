/** Syslog receivers: RFC 5424 over TCP, TLS, and RELP. */
@NullMarked
package io.tallystick.forward.syslog;

import org.jspecify.annotations.NullMarked;
