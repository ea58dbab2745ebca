package io.tallystick.service.access;

import io.tallystick.entry.EntryField;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.scope.Scope;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key without its secret. Immutable.
 *
 * @param id the part of the key that identifies it; not secret
 * @param name unique for ever, revoked keys included: it is the {@code source} of the key's entries
 * @param permissions what it may do
 * @param lenient whether what it sends is truncated and written in part unless a request says
 *     otherwise (docs/http-api.md)
 * @param only what it sees of the log
 * @param stamp what its events have in these fields, whatever they say
 * @param personal fields that are personal in what it sends, beside those of the server
 * @param createdAt when it was made
 * @param expiresAt from when on it is refused; {@code null} if it does not expire
 * @param revokedAt when it was revoked; {@code null} if it was not
 * @param lastUsedAt when it was last accepted, to about a minute; {@code null} if never
 */
public record AccessKey(
    String id,
    String name,
    Set<Permission> permissions,
    boolean lenient,
    Scope only,
    Map<EntryField, String> stamp,
    List<PersonalField> personal,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt,
    @Nullable Instant lastUsedAt) {
  public AccessKey {
    permissions = Set.copyOf(permissions);
    stamp = Map.copyOf(stamp);
    personal = List.copyOf(personal);
  }

  AccessKey revoked(Instant at) {
    return new AccessKey(
        id,
        name,
        permissions,
        lenient,
        only,
        stamp,
        personal,
        createdAt,
        expiresAt,
        at,
        lastUsedAt);
  }

  AccessKey used(@Nullable Instant at) {
    return new AccessKey(
        id, name, permissions, lenient, only, stamp, personal, createdAt, expiresAt, revokedAt, at);
  }
}
