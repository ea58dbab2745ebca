package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tallystick.tlog.Quoted;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends: something that happened, by whom, to what. Immutable and always valid.
 * Lengths are in bytes of UTF-8. Two events are equal exactly if their canonical encodings are.
 *
 * @param eventType {@code [a-z0-9_]+(\.[a-z0-9_]+)*}, at most 64 bytes
 * @param actorId 0 or more
 * @param actorUsername at most 256 bytes
 * @param actorIp an IPv4 or IPv6 address in the text of RFC 5952; IPv4-mapped IPv6 addresses are
 *     only in entries of older versions, a {@link Builder} turns them into IPv4
 * @param userAgent at most 512 bytes
 * @param targetType at most 64 bytes
 * @param targetId at most 256 bytes
 * @param action at most 256 bytes
 * @param occurredAt RFC 3339 with an offset: when it happened, if that is not when it was logged. A
 *     {@link Builder} writes {@code t} and {@code z} in upper case and a leap second as the last
 *     nanosecond before it; everything else is kept as it was sent
 * @param requestId at most 128 bytes: the client's idempotency key; an empty one is no key
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

  static final String ACTOR_ID = "actor_id must be a whole number from 0 to 2^63-1";

  /**
   * Checks every field.
   *
   * @throws InvalidEventException naming the first field that is wrong and what it allows
   */
  public Event {
    checkType(eventType);
    checkActorId(actorId);
    Text.check("actor_username", actorUsername, 256);
    actorIp = checkActorIp(actorIp);
    Text.check("user_agent", userAgent, 512);
    Text.check("target_type", targetType, 64);
    Text.check("target_id", targetId, 256);
    Text.check("action", action, 256);
    checkOccurredAt(occurredAt);
    Text.check("request_id", requestId, 128);
  }

  private static void checkActorId(@Nullable Long actorId) {
    if (actorId != null && actorId < 0) {
      throw new InvalidEventException("actor_id", ACTOR_ID + ", but was " + actorId);
    }
  }

  /** The address in its canonical text. */
  private static @Nullable String checkActorIp(@Nullable String actorIp) {
    if (actorIp == null) {
      return null;
    }
    String canonical = IpAddress.canonical(actorIp);
    if (canonical == null) {
      throw new InvalidEventException(
          "actor_ip",
          "actor_ip must be an IPv4 or IPv6 address like 203.0.113.9 or 2001:db8::1, but was "
              + Quoted.of(actorIp));
    }
    return canonical;
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
          "event_type must be words of a-z, 0-9 and _ joined by dots, at most "
              + MAX_TYPE_BYTES
              + " bytes, for instance auth.login.failed, but was "
              + Quoted.of(type));
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
          "occurred_at must be RFC 3339 with an offset, for instance 2026-11-23T03:05:09.5Z or"
              + " 2026-11-23T04:05:09+01:00, but was "
              + Quoted.of(text));
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

    /** Everything that is wrong with these fields, in their order. */
    List<InvalidEventException> faults() {
      List<InvalidEventException> faults = new ArrayList<>();
      for (Runnable check :
          List.<Runnable>of(
              () -> checkType(eventType),
              () -> checkActorId(actorId),
              () -> Text.check("actor_username", actorUsername, 256),
              () -> checkActorIp(actorIp),
              () -> Text.check("user_agent", userAgent, 512),
              () -> Text.check("target_type", targetType, 64),
              () -> Text.check("target_id", targetId, 256),
              () -> Text.check("action", action, 256),
              () -> checkOccurredAt(occurredAt == null ? null : canonicalTime(occurredAt)),
              () -> Text.check("request_id", requestId, 128))) {
        try {
          check.run();
        } catch (InvalidEventException e) {
          faults.add(e);
        }
      }
      return faults;
    }

    /** In the form that is stored; as it is if it is no time, so that it is refused. */
    private static String canonicalTime(String occurredAt) {
      String canonical = Rfc3339.canonical(occurredAt);
      return canonical == null ? occurredAt : canonical;
    }

    /**
     * The event, with an IPv4-mapped IPv6 address as IPv4, and {@code occurred_at} in the form that
     * is stored.
     *
     * @throws InvalidEventException naming the first field that is wrong and what it allows
     */
    public Event build() {
      if (actorIp != null) {
        String ipv4 = IpAddress.mappedIpv4(actorIp);
        actorIp = ipv4 == null ? actorIp : ipv4;
      }
      if (occurredAt != null) {
        occurredAt = canonicalTime(occurredAt);
      }
      return buildAsStored();
    }

    /** The event as an entry has it, which an older version may have written. */
    Event buildAsStored() {
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
