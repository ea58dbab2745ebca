/** Certificates and keys for TLS, read again when their files change. */
@NullMarked
package io.tallystick.http.tls;

import org.jspecify.annotations.NullMarked;
