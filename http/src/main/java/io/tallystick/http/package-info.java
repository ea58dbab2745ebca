/**
 * The server: API, access keys. The only package that knows HTTP; {@link
 * io.tallystick.service.query.QueryService} and {@link
 * io.tallystick.service.access.KeyAdministration} know none of it, and serve the command line on a
 * data directory as they serve the server.
 *
 * <p>Every request has a virtual thread of its own and may block. What a request appends is waited
 * for; the log's own threads run nothing of this package but the few lines that settle an {@link
 * io.tallystick.service.append.IdempotentAppender} claim.
 */
@NullMarked
package io.tallystick.http;

import org.jspecify.annotations.NullMarked;
