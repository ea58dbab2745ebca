package io.tallystick.index;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A query: which entries, and which page of them. All filters must match; of several event types,
 * one must match. Immutable.
 *
 * @param eventTypes values, or prefixes that end in {@code .*}; empty for all types
 * @param actorIp the addresses that {@code actor_ip} must be one of
 * @param security {@code true}: security events only; {@code false}: no security events
 * @param userId entries by this actor, and entries whose target is {@code user} with this id
 * @param since recorded at this time or later
 * @param until recorded before this time
 * @param beforeId only ids below this one; a cursor, it does not change the total
 * @param afterId only ids above this one; a cursor, it does not change the total
 * @param ascending oldest first instead of newest first
 * @param limit most ids on the page
 * @param offset ids to skip before the page
 */
public record AuditQuery(
    List<String> eventTypes,
    @Nullable Long actorId,
    @Nullable String actorUsername,
    @Nullable AddressRange actorIp,
    @Nullable String targetType,
    @Nullable String targetId,
    @Nullable String requestId,
    @Nullable String source,
    @Nullable Boolean security,
    @Nullable Long userId,
    @Nullable Instant since,
    @Nullable Instant until,
    @Nullable Long beforeId,
    @Nullable Long afterId,
    boolean ascending,
    int limit,
    long offset) {
  public AuditQuery {
    eventTypes = List.copyOf(eventTypes);
    if (limit < 1 || offset < 0) {
      throw new IllegalArgumentException(
          "a page has a limit of 1 or more and an offset of 0 or more");
    }
  }

  /** The same query, limited to entries after this one. */
  public AuditQuery after(long id) {
    return new AuditQuery(
        eventTypes,
        actorId,
        actorUsername,
        actorIp,
        targetType,
        targetId,
        requestId,
        source,
        security,
        userId,
        since,
        until,
        beforeId,
        id,
        ascending,
        limit,
        offset);
  }

  /** Everything, newest first, 50 to a page. */
  public static Builder builder() {
    return new Builder();
  }

  /** Whether only times and cursors narrow the query. */
  boolean isUnfiltered() {
    return eventTypes.isEmpty()
        && actorId == null
        && actorUsername == null
        && actorIp == null
        && targetType == null
        && targetId == null
        && requestId == null
        && source == null
        && security == null
        && userId == null;
  }

  /** Whether it can be answered from the ids alone. */
  public boolean needsNoIndex() {
    return isUnfiltered() && since == null && until == null;
  }

  /** Collects the parts of a query. Used by one thread. */
  public static final class Builder {
    private List<String> eventTypes = List.of();
    private @Nullable Long actorId;
    private @Nullable String actorUsername;
    private @Nullable AddressRange actorIp;
    private @Nullable String targetType;
    private @Nullable String targetId;
    private @Nullable String requestId;
    private @Nullable String source;
    private @Nullable Boolean security;
    private @Nullable Long userId;
    private @Nullable Instant since;
    private @Nullable Instant until;
    private @Nullable Long beforeId;
    private @Nullable Long afterId;
    private boolean ascending;
    private int limit = 50;
    private long offset;

    private Builder() {}

    public Builder eventTypes(List<String> eventTypes) {
      this.eventTypes = eventTypes;
      return this;
    }

    public Builder actorId(@Nullable Long actorId) {
      this.actorId = actorId;
      return this;
    }

    public Builder actorUsername(@Nullable String actorUsername) {
      this.actorUsername = actorUsername;
      return this;
    }

    public Builder actorIp(@Nullable AddressRange actorIp) {
      this.actorIp = actorIp;
      return this;
    }

    public Builder targetType(@Nullable String targetType) {
      this.targetType = targetType;
      return this;
    }

    public Builder targetId(@Nullable String targetId) {
      this.targetId = targetId;
      return this;
    }

    public Builder requestId(@Nullable String requestId) {
      this.requestId = requestId;
      return this;
    }

    public Builder source(@Nullable String source) {
      this.source = source;
      return this;
    }

    public Builder security(@Nullable Boolean security) {
      this.security = security;
      return this;
    }

    public Builder userId(@Nullable Long userId) {
      this.userId = userId;
      return this;
    }

    public Builder since(@Nullable Instant since) {
      this.since = since;
      return this;
    }

    public Builder until(@Nullable Instant until) {
      this.until = until;
      return this;
    }

    public Builder beforeId(@Nullable Long beforeId) {
      this.beforeId = beforeId;
      return this;
    }

    public Builder afterId(@Nullable Long afterId) {
      this.afterId = afterId;
      return this;
    }

    public Builder ascending(boolean ascending) {
      this.ascending = ascending;
      return this;
    }

    public Builder limit(int limit) {
      this.limit = limit;
      return this;
    }

    public Builder offset(long offset) {
      this.offset = offset;
      return this;
    }

    public AuditQuery build() {
      return new AuditQuery(
          eventTypes,
          actorId,
          actorUsername,
          actorIp,
          targetType,
          targetId,
          requestId,
          source,
          security,
          userId,
          since,
          until,
          beforeId,
          afterId,
          ascending,
          limit,
          offset);
    }
  }
}
