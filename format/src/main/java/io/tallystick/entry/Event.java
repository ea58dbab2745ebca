package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * What a client sends: something that happened, by whom, to what. Immutable, and valid since it
 * exists; lengths are in bytes of UTF-8.
 *
 * @param eventType {@code [a-z0-9_]+(\.[a-z0-9_]+)*}, at most 64 bytes
 * @param actorId 0 or more
 * @param actorUsername at most 256 bytes
 * @param actorIp an IPv4 or IPv6 address; kept in the text of RFC 5952
 * @param userAgent at most 512 bytes
 * @param targetType at most 64 bytes
 * @param targetId at most 256 bytes
 * @param action at most 256 bytes
 * @param occurredAt RFC 3339 with an offset, kept as it was sent: when it happened, where that is
 *     not when it was logged
 * @param requestId at most 128 bytes: the client's idempotency key
 * @param details anything else
 */
public record Event(
    String eventType,
    @Nullable Long actorId,
    @Nullable String actorUsername,
    @Nullable String actorIp,
    @Nullable String userAgent,
    @Nullable String targetType,
    @Nullable String targetId,
    @Nullable String action,
    @Nullable String occurredAt,
    @Nullable String requestId,
    @Nullable Details details) {
  private static final int MAX_TYPE_BYTES = 64;

  /**
   * Checks every field.
   *
   * @throws InvalidEventException naming the field that is wrong and what it takes
   */
  public Event {
    checkType(eventType);
    if (actorId != null && actorId < 0) {
      throw new InvalidEventException(
          "actor_id", "actor_id is " + actorId + "; taken is a whole number from 0 to 2^63-1");
    }
    Text.check("actor_username", actorUsername, 256);
    if (actorIp != null) {
      String canonical = IpAddress.canonical(actorIp);
      if (canonical == null) {
        throw new InvalidEventException(
            "actor_ip",
            "actor_ip is "
                + Text.quote(actorIp)
                + "; taken is an IPv4 or IPv6 address, for instance 203.0.113.9 or 2001:db8::1");
      }
      actorIp = canonical;
    }
    Text.check("user_agent", userAgent, 512);
    Text.check("target_type", targetType, 64);
    Text.check("target_id", targetId, 256);
    Text.check("action", action, 256);
    checkOccurredAt(occurredAt);
    Text.check("request_id", requestId, 128);
  }

  private static void checkType(String type) {
    boolean segmentEmpty = true;
    boolean valid = !type.isEmpty() && type.length() <= MAX_TYPE_BYTES;
    for (int i = 0; valid && i < type.length(); i++) {
      char c = type.charAt(i);
      if (c == '.') {
        valid = !segmentEmpty;
        segmentEmpty = true;
      } else {
        valid = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        segmentEmpty = false;
      }
    }
    if (!valid || segmentEmpty) {
      throw new InvalidEventException(
          "event_type",
          "event_type is "
              + Text.quote(type)
              + "; taken are words of a-z, 0-9 and _ joined by dots, at most "
              + MAX_TYPE_BYTES
              + " bytes, for instance auth.login.failed");
    }
  }

  private static void checkOccurredAt(@Nullable String text) {
    if (text == null) {
      return;
    }
    boolean ascii = text.chars().allMatch(c -> c < 0x80);
    byte[] bytes = text.getBytes(US_ASCII);
    if (!ascii || Rfc3339.parse(bytes, 0, bytes.length) == null) {
      throw new InvalidEventException(
          "occurred_at",
          "occurred_at is "
              + Text.quote(text)
              + "; taken is RFC 3339 with an offset, for instance 2026-11-23T03:05:09.5Z or"
              + " 2026-11-23T04:05:09+01:00");
    }
  }

  /** An event of this type and nothing more. */
  public static Event of(String eventType) {
    return builder(eventType).build();
  }

  /** A builder of events of this type. */
  public static Builder builder(String eventType) {
    return new Builder(eventType);
  }

  /** Collects the fields of an event. Used by one thread. */
  public static final class Builder {
    private String eventType;
    private @Nullable Long actorId;
    private @Nullable String actorUsername;
    private @Nullable String actorIp;
    private @Nullable String userAgent;
    private @Nullable String targetType;
    private @Nullable String targetId;
    private @Nullable String action;
    private @Nullable String occurredAt;
    private @Nullable String requestId;
    private @Nullable Details details;

    private Builder(String eventType) {
      this.eventType = eventType;
    }

    Builder eventType(String eventType) {
      this.eventType = eventType;
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

    public Builder actorIp(@Nullable String actorIp) {
      this.actorIp = actorIp;
      return this;
    }

    public Builder userAgent(@Nullable String userAgent) {
      this.userAgent = userAgent;
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

    public Builder action(@Nullable String action) {
      this.action = action;
      return this;
    }

    public Builder occurredAt(@Nullable String occurredAt) {
      this.occurredAt = occurredAt;
      return this;
    }

    public Builder requestId(@Nullable String requestId) {
      this.requestId = requestId;
      return this;
    }

    public Builder details(@Nullable Details details) {
      this.details = details;
      return this;
    }

    /**
     * The event.
     *
     * @throws InvalidEventException naming the field that is wrong and what it takes
     */
    public Event build() {
      return new Event(
          eventType,
          actorId,
          actorUsername,
          actorIp,
          userAgent,
          targetType,
          targetId,
          action,
          occurredAt,
          requestId,
          details);
    }
  }
}
