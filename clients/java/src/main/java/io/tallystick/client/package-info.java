/**
 * Sends the events of an application to a Tallystick server: {@link
 * io.tallystick.client.AuditClient}.
 */
@NullMarked
package io.tallystick.client;

import org.jspecify.annotations.NullMarked;
