/** Entries in requests that are signed as Standard Webhooks 1.0.0 says. */
@NullMarked
package io.tallystick.forward.webhook;

import org.jspecify.annotations.NullMarked;
