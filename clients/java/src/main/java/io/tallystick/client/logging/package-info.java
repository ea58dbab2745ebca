/** Makes an {@link io.tallystick.client.AuditClient} the target of logging libraries. */
@NullMarked
package io.tallystick.client.logging;

import org.jspecify.annotations.NullMarked;
