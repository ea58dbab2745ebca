/**
 * What all endpoints share: bodies and their limits, problems (RFC 9457), event streams, routes.
 */
@NullMarked
package io.tallystick.http.wire;

import org.jspecify.annotations.NullMarked;
