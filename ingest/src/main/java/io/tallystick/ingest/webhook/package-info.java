/** Webhooks whose senders sign what they send. */
@NullMarked
package io.tallystick.ingest.webhook;

import org.jspecify.annotations.NullMarked;
