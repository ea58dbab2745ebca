package io.tallystick.entry;

import io.tallystick.entry.EntryField.Kind;
import io.tallystick.text.Ascii;
import io.tallystick.text.IpAddress;
import io.tallystick.tlog.Quoted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends: something that happened, by whom, to what. {@link EntryField} says what each
 * field may hold. Immutable and always valid. Two events are equal exactly if their canonical
 * encodings are.
 */
public final class Event {
  private final EnumMap<EntryField, String> texts;

  private final @Nullable ActorId actorId;
  private final @Nullable Long sourceSeq;
  private final List<EntryField> altered;
  private final @Nullable Details details;
  private final List<PersonalField> personal;

  private Event(Builder from) {
    texts = from.texts.clone();
    actorId = from.actorId;
    sourceSeq = from.sourceSeq;
    altered = List.copyOf(from.altered);
    details = from.details;
    if (!texts.containsKey(EntryField.EVENT_TYPE)) {
      throw new InvalidEventException("event_type", "event_type is required");
    }
    texts.replaceAll(EntryField::checked);
    checkSourceSeq(sourceSeq);
    personal = from.personal.isEmpty() ? List.of() : PersonalParts.present(this, from.personal);
  }

  /** The same event, of which these of its values are personal. */
  private Event(Event event, List<PersonalField> personal) {
    texts = event.texts;
    actorId = event.actorId;
    sourceSeq = event.sourceSeq;
    altered = event.altered;
    details = event.details;
    this.personal = personal;
  }

  private static void checkSourceSeq(@Nullable Long sourceSeq) {
    if (sourceSeq != null && sourceSeq < 1) {
      throw new InvalidEventException(
          "source_seq", Builder.SOURCE_SEQ_ALLOWED + ", but was " + sourceSeq);
    }
  }

  /** An event of this type and nothing more. */
  public static Event of(String eventType) {
    return builder(eventType).build();
  }

  /** A builder of events of this type. */
  public static Builder builder(String eventType) {
    return new Builder().text(EntryField.EVENT_TYPE, eventType);
  }

  /** What a field holds, as text; {@code null} if it is absent, or holds no text. */
  public @Nullable String text(EntryField field) {
    return field == EntryField.ACTOR_ID
        ? (actorId == null ? null : actorId.text())
        : texts.get(field);
  }

  public String eventType() {
    return Objects.requireNonNull(texts.get(EntryField.EVENT_TYPE));
  }

  public @Nullable ActorId actorId() {
    return actorId;
  }

  public @Nullable String actorUsername() {
    return text(EntryField.ACTOR_USERNAME);
  }

  public @Nullable String actorIp() {
    return text(EntryField.ACTOR_IP);
  }

  public @Nullable String userAgent() {
    return text(EntryField.USER_AGENT);
  }

  public @Nullable String targetType() {
    return text(EntryField.TARGET_TYPE);
  }

  public @Nullable String targetId() {
    return text(EntryField.TARGET_ID);
  }

  public @Nullable String action() {
    return text(EntryField.ACTION);
  }

  public @Nullable String occurredAt() {
    return text(EntryField.OCCURRED_AT);
  }

  /** When it happened, if that is not when it was logged. */
  public @Nullable Instant occurredInstant() {
    String text = occurredAt();
    byte[] bytes = text == null ? new byte[0] : Ascii.bytes(text);
    return Rfc3339.parse(bytes, 0, bytes.length);
  }

  /** The idempotency key. */
  public @Nullable String eventId() {
    return text(EntryField.EVENT_ID);
  }

  public @Nullable Long sourceSeq() {
    return sourceSeq;
  }

  /** The fields that were cut or cleaned on the way in, in their order. */
  public List<EntryField> altered() {
    return altered;
  }

  public @Nullable Details details() {
    return details;
  }

  /**
   * The values that are personal and that the event has, in the order of their names. A path that
   * leads through an array names the whole array. Where two values in details have the same path,
   * it is all of the details that are personal. A malformed address that became {@code actor_host}
   * is as personal as {@code actor_ip}.
   */
  public List<PersonalField> personal() {
    return personal;
  }

  /**
   * This event with more of its values personal. Those that it does not have are ignored.
   *
   * @throws InvalidEventException if there are more than {@link PersonalField#MAX_OF_ENTRY}
   */
  public Event withPersonal(Collection<PersonalField> names) {
    if (names.isEmpty()) {
      return this;
    }
    List<PersonalField> all = new ArrayList<>(personal);
    all.addAll(names);
    return new Event(this, PersonalParts.present(this, all));
  }

  /** This event with nothing personal: for a comparison of what happened. */
  public Event withoutPersonal() {
    return personal.isEmpty() ? this : new Event(this, List.of());
  }

  /**
   * What is left of this event without these values, as far as it has them: what an entry would
   * have in itself if they were personal.
   */
  public Event without(Collection<PersonalField> names) {
    PersonalParts parts = PersonalParts.of(withoutPersonal().withPersonal(names));
    Builder builder = withoutPersonal().toBuilder().details(parts.details());
    for (EntryField field : parts.fields()) {
      if (field == EntryField.ACTOR_ID) {
        builder.actorId(null);
      } else {
        builder.text(field, null);
      }
    }
    return builder.buildAsStored();
  }

  /** This event under another idempotency key. */
  public Event withEventId(String eventId) {
    return toBuilder().text(EntryField.EVENT_ID, eventId).buildAsStored();
  }

  /**
   * This event with these values, which whoever vouches for it gives.
   *
   * @throws InvalidEventException if it has another one itself
   */
  Event stamped(Map<EntryField, String> stamp) {
    Event stamped = this;
    for (Map.Entry<EntryField, String> one : stamp.entrySet()) {
      EntryField field = one.getKey();
      String own = text(field);
      if (own == null) {
        stamped = stamped.toBuilder().text(field, one.getValue()).buildAsStored();
      } else if (!own.equals(one.getValue())) {
        throw new InvalidEventException(
            field.toString(),
            field
                + " must be "
                + Quoted.of(one.getValue())
                + ", which this key stamps on its events, or absent, but was "
                + Quoted.of(own));
      }
    }
    return stamped;
  }

  Builder toBuilder() {
    Builder builder = new Builder();
    builder.texts.putAll(texts);
    builder.actorId = actorId;
    builder.sourceSeq = sourceSeq;
    builder.altered.addAll(altered);
    builder.details = details;
    builder.personal.addAll(personal);
    return builder;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Event event
        && texts.equals(event.texts)
        && Objects.equals(actorId, event.actorId)
        && Objects.equals(sourceSeq, event.sourceSeq)
        && altered.equals(event.altered)
        && Objects.equals(details, event.details)
        && personal.equals(event.personal);
  }

  @Override
  public int hashCode() {
    return Objects.hash(texts, actorId, sourceSeq, altered, details, personal);
  }

  /** The JSON that a client could send. */
  @Override
  public String toString() {
    return EntryCodec.json(this);
  }

  /** Collects the fields of an event. Used by one thread. */
  public static final class Builder {
    static final String SOURCE_SEQ_ALLOWED = "source_seq must be a whole number from 1 to 2^63-1";

    private final EnumMap<EntryField, String> texts = new EnumMap<>(EntryField.class);
    private @Nullable ActorId actorId;
    private @Nullable Long sourceSeq;
    private final EnumSet<EntryField> altered = EnumSet.noneOf(EntryField.class);
    private @Nullable Details details;
    private final Set<PersonalField> personal = new TreeSet<>();

    Builder() {}

    /**
     * Sets a field that holds text.
     *
     * @throws IllegalArgumentException for one that does not, or that the log sets
     */
    public Builder text(EntryField field, @Nullable String text) {
      if (field == EntryField.SOURCE || !field.isText()) {
        throw new IllegalArgumentException(field + " is no text of an event");
      }
      if (text == null) {
        texts.remove(field);
      } else {
        texts.put(field, text);
      }
      return this;
    }

    @Nullable String text(EntryField field) {
      return texts.get(field);
    }

    /**
     * Makes texts fit that would be refused: cuts those that are too long, and puts U+FFFD in place
     * of NUL and lone surrogates. An address that is none becomes {@code actor_host}. Ids of the
     * event itself are left alone: two of them that were cut could be equal.
     */
    void truncate() {
      String address = texts.get(EntryField.ACTOR_IP);
      if (address != null && IpAddress.canonical(address) == null) {
        String host = texts.get(EntryField.ACTOR_HOST);
        texts.remove(EntryField.ACTOR_IP);
        texts.put(EntryField.ACTOR_HOST, host == null ? address : host + " " + address);
        altered.add(EntryField.ACTOR_IP);
        altered.add(EntryField.ACTOR_HOST);
      }
      for (EntryField field : EntryField.ALL) {
        String text = texts.get(field);
        if (text != null && (field.kind == Kind.TEXT || field.kind == Kind.TYPE)) {
          String kept = Text.cut(Text.cleaned(text), field.maxBytes());
          while (field.kind == Kind.TYPE && !kept.equals(text) && kept.endsWith(".")) {
            kept = kept.substring(0, kept.length() - 1);
          }
          if (!kept.equals(text)) {
            texts.put(field, kept);
            altered.add(field);
          }
        }
      }
    }

    Builder altered(Collection<EntryField> fields) {
      altered.addAll(fields);
      return this;
    }

    public Builder actorId(@Nullable ActorId actorId) {
      this.actorId = actorId;
      return this;
    }

    public Builder actorId(long actorId) {
      return actorId(ActorId.of(actorId));
    }

    public Builder actorUsername(@Nullable String actorUsername) {
      return text(EntryField.ACTOR_USERNAME, actorUsername);
    }

    public Builder actorIp(@Nullable String actorIp) {
      return text(EntryField.ACTOR_IP, actorIp);
    }

    public Builder userAgent(@Nullable String userAgent) {
      return text(EntryField.USER_AGENT, userAgent);
    }

    public Builder targetType(@Nullable String targetType) {
      return text(EntryField.TARGET_TYPE, targetType);
    }

    public Builder targetId(@Nullable String targetId) {
      return text(EntryField.TARGET_ID, targetId);
    }

    public Builder action(@Nullable String action) {
      return text(EntryField.ACTION, action);
    }

    public Builder occurredAt(@Nullable String occurredAt) {
      return text(EntryField.OCCURRED_AT, occurredAt);
    }

    public Builder eventId(@Nullable String eventId) {
      return text(EntryField.EVENT_ID, eventId);
    }

    public Builder requestId(@Nullable String requestId) {
      return text(EntryField.REQUEST_ID, requestId);
    }

    public Builder sourceSeq(@Nullable Long sourceSeq) {
      this.sourceSeq = sourceSeq;
      return this;
    }

    public Builder details(@Nullable Details details) {
      this.details = details;
      return this;
    }

    /** Adds values that are personal, as far as the event has them; see {@link Event#personal}. */
    public Builder personal(Collection<PersonalField> names) {
      personal.addAll(names);
      return this;
    }

    /** Everything that is wrong with these fields, in their order. */
    List<InvalidEventException> faults() {
      normalise();
      List<InvalidEventException> faults = new ArrayList<>();
      for (EntryField field : EntryField.ALL) {
        String text = texts.get(field);
        try {
          if (field == EntryField.SOURCE_SEQ) {
            checkSourceSeq(sourceSeq);
          } else if (text != null) {
            field.checked(text);
          }
        } catch (InvalidEventException e) {
          faults.add(e);
        }
      }
      return faults;
    }

    /**
     * Brings addresses and times into the form that is stored. What is none stays, and is refused.
     */
    private void normalise() {
      String address = texts.get(EntryField.ACTOR_IP);
      if (address != null) {
        String ipv4 = IpAddress.mappedIpv4(address);
        texts.put(EntryField.ACTOR_IP, ipv4 == null ? address : ipv4);
      }
      String time = texts.get(EntryField.OCCURRED_AT);
      if (time != null) {
        String canonical = Rfc3339.canonical(time);
        texts.put(EntryField.OCCURRED_AT, canonical == null ? time : canonical);
      }
    }

    /**
     * The event, with an IPv4-mapped IPv6 address as IPv4, and {@code occurred_at} in the form that
     * is stored.
     *
     * @throws InvalidEventException naming the first field that is wrong and what it allows
     */
    public Event build() {
      normalise();
      return buildAsStored();
    }

    /** The event as an entry has it, which an older version may have written. */
    Event buildAsStored() {
      return new Event(this);
    }
  }
}
