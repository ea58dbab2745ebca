package io.tallystick.http.auth;

import io.tallystick.service.access.AccessKey;
import io.tallystick.service.query.LogView;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * The client of an admitted request.
 *
 * @param key that the client sent, or that its session began with
 * @param view what the key sees of the log
 * @param address that the request came from
 * @param session the request belongs to; {@code null} if the client sent the key itself
 */
public record Caller(AccessKey key, LogView view, InetAddress address, @Nullable Session session) {}
