package io.tallystick.http.auth;

import io.tallystick.service.access.AccessKey;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Whom a request comes from.
 *
 * @param key that was presented, or that the session began with
 * @param address that the request came from
 * @param session the request belongs to; {@code null} if the key itself was presented
 */
public record Caller(AccessKey key, InetAddress address, @Nullable Session session) {}
