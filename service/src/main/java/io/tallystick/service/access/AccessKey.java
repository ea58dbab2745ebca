package io.tallystick.service.access;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key without its secret. Immutable.
 *
 * @param id the part of the key that identifies it; not secret
 * @param name unique for ever, revoked keys included: it is the {@code source} of the key's entries
 * @param permissions what it may do
 * @param createdAt when it was made
 * @param expiresAt from when on it is refused; {@code null} if it does not expire
 * @param revokedAt when it was revoked; {@code null} if it was not
 * @param lastUsedAt when it was last accepted, to about a minute; {@code null} if never
 */
public record AccessKey(
    String id,
    String name,
    Set<Permission> permissions,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt,
    @Nullable Instant lastUsedAt) {
  public AccessKey {
    permissions = Set.copyOf(permissions);
  }

  AccessKey revoked(Instant at) {
    return new AccessKey(id, name, permissions, createdAt, expiresAt, at, lastUsedAt);
  }

  AccessKey used(@Nullable Instant at) {
    return new AccessKey(id, name, permissions, createdAt, expiresAt, revokedAt, at);
  }

  /**
   * Writes the fields of the key as the API shows them, without its secret, into an object that is
   * open.
   */
  public void writeFields(JsonGenerator out) throws IOException {
    out.writeStringField("id", id);
    out.writeStringField("name", name);
    out.writeArrayFieldStart("permissions");
    for (Permission permission : permissions.stream().sorted().toList()) {
      out.writeString(permission.toString());
    }
    out.writeEndArray();
    out.writeStringField("created_at", createdAt.toString());
    out.writeStringField("expires_at", text(expiresAt));
    out.writeStringField("last_used_at", text(lastUsedAt));
    out.writeStringField("revoked_at", text(revokedAt));
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }
}
