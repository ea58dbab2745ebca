package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tallystick.text.IpAddress;
import io.tallystick.tlog.Quoted;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an entry after those that give it its place, in the order in which they stand in it
 * (docs/format.md, Entry). All are optional but {@link #EVENT_TYPE}. Lengths are in bytes of UTF-8.
 */
public enum EntryField {
  /** Words of {@code A-Z a-z 0-9 _ : / -} joined by dots. */
  EVENT_TYPE(Kind.TYPE, 128),
  OUTCOME("success", "failure", "unknown"),
  /** OCSF's six, the least severe first. */
  SEVERITY("informational", "low", "medium", "high", "critical", "fatal"),
  /** Whose entry it is, where one log serves many. */
  TENANT(Kind.TEXT, 128),
  /** What kind of actor: user, service, api_key. */
  ACTOR_TYPE(Kind.TEXT, 64),
  /** A whole number or text, see {@link ActorId}. */
  ACTOR_ID(Kind.ACTOR_ID, ActorId.MAX_BYTES),
  ACTOR_USERNAME(Kind.TEXT, 256),
  /**
   * An IPv4 or IPv6 address in the text of RFC 5952. IPv4-mapped IPv6 addresses are only in entries
   * of older versions; an {@link Event.Builder} turns them into IPv4.
   */
  ACTOR_IP(Kind.ADDRESS, 0),
  USER_AGENT(Kind.TEXT, 512),
  /** Where it came from, if that is no address. */
  ACTOR_HOST(Kind.TEXT, 256),
  SESSION_ID(Kind.TEXT, 128),
  TARGET_TYPE(Kind.TEXT, 64),
  TARGET_ID(Kind.TEXT, 256),
  ACTION(Kind.TEXT, 256),
  TARGET_NAME(Kind.TEXT, 256),
  /**
   * RFC 3339 with an offset: when it happened, if that is not when it was logged. An {@link
   * Event.Builder} writes {@code t} and {@code z} in upper case and a leap second as the last
   * nanosecond before it; everything else is kept as it was sent.
   */
  OCCURRED_AT(Kind.TIME, 0),
  /** The event's own id, unique among those of its source: the idempotency key. Not empty. */
  EVENT_ID(Kind.KEY, 128),
  /** What the event belongs to; may repeat. */
  REQUEST_ID(Kind.TEXT, 128),
  /** W3C trace id: 32 lower-case hex digits. */
  TRACE_ID(Kind.TRACE, 0),
  /** Name of the API key that wrote the entry; the server sets it. */
  SOURCE(Kind.TEXT, 64),
  /** 1, 2, 3 … of a client's stream of events: a gap shows one that never arrived. */
  SOURCE_SEQ(Kind.NUMBER, 0),
  /** The fields that were cut or cleaned on the way in; the server sets it. */
  ALTERED(Kind.FIELDS, 0),
  /** Anything else, see {@link Details}. */
  DETAILS(Kind.DETAILS, Details.MAX_BYTES),
  /**
   * What stands beside the entry, with commitments; a client names it, see {@link PersonalField}.
   */
  PERSONAL(Kind.PERSONAL, 0);

  /** What a field holds. */
  enum Kind {
    TYPE,
    WORD,
    TEXT,
    KEY,
    ADDRESS,
    TIME,
    TRACE,
    ACTOR_ID,
    NUMBER,
    FIELDS,
    DETAILS,
    PERSONAL
  }

  static final List<EntryField> ALL = List.of(values());

  /** What a client may send. */
  static final List<EntryField> OF_CLIENTS =
      ALL.stream().filter(field -> field != SOURCE && field != ALTERED).toList();

  /** What may be cut or cleaned on the way in. */
  static final List<EntryField> MAY_BE_ALTERED =
      OF_CLIENTS.stream().filter(field -> field != PERSONAL).toList();

  private static final Map<String, EntryField> BY_NAME =
      ALL.stream().collect(Collectors.toUnmodifiableMap(EntryField::toString, Function.identity()));

  private static final int TRACE_DIGITS = 32;

  private final String jsonName = name().toLowerCase(Locale.ROOT);
  final Kind kind;
  private final int maxBytes;
  private final String words;

  EntryField(Kind kind, int maxBytes) {
    this.kind = kind;
    this.maxBytes = maxBytes;
    this.words = "";
  }

  EntryField(String... words) {
    this.kind = Kind.WORD;
    this.maxBytes = 0;
    this.words = String.join(" ", words);
  }

  /** The field with this name in JSON; {@code null} if there is none. */
  static @Nullable EntryField of(String jsonName) {
    return BY_NAME.get(jsonName);
  }

  /** Largest length of its text in bytes of UTF-8; 0 where its form has a limit of its own. */
  public int maxBytes() {
    return maxBytes;
  }

  /** The values that it may have, in their order; empty where they are not counted. */
  public List<String> words() {
    return words.isEmpty() ? List.of() : List.of(words.split(" ", -1));
  }

  /** Whether an event holds it as text. */
  boolean isText() {
    return kind.compareTo(Kind.TRACE) <= 0;
  }

  /** Its name in JSON, for instance {@code actor_username}. */
  @Override
  public String toString() {
    return jsonName;
  }

  /**
   * Checks the text of the field.
   *
   * @return the text in the form in which it is stored
   * @throws InvalidEventException saying what it allows
   */
  String checked(String text) {
    switch (kind) {
      case TYPE -> checkType(text);
      case WORD -> {
        if (!words().contains(text)) {
          throw refused("must be one of " + String.join(", ", words()), text);
        }
      }
      case ADDRESS -> {
        return checkedAddress(text);
      }
      case TIME -> checkTime(text);
      case TRACE -> checkTrace(text);
      case KEY -> {
        if (text.isEmpty()) {
          throw new InvalidEventException(
              jsonName, jsonName + " must not be empty; give the event an id, or leave it out");
        }
        Text.check(jsonName, text, maxBytes);
      }
      default -> Text.check(jsonName, text, maxBytes);
    }
    return text;
  }

  private InvalidEventException refused(String allowed, String text) {
    return new InvalidEventException(
        jsonName, jsonName + " " + allowed + ", but was " + Quoted.of(text));
  }

  private void checkType(String type) {
    boolean wordEmpty = true;
    boolean valid = type.length() <= maxBytes;
    for (int i = 0; valid && i < type.length(); i++) {
      char c = type.charAt(i);
      if (c == '.') {
        valid = !wordEmpty;
        wordEmpty = true;
      } else {
        valid =
            (c >= 'a' && c <= 'z')
                || (c >= '0' && c <= ':')
                || (c >= 'A' && c <= 'Z')
                || c == '_'
                || c == '-'
                || c == '/';
        wordEmpty = false;
      }
    }
    if (!valid || wordEmpty) {
      throw refused(
          "must be words of A-Z, a-z, 0-9, _, :, / and - joined by dots, at most "
              + maxBytes
              + " bytes, for instance auth.login.failed",
          type);
    }
  }

  private String checkedAddress(String text) {
    String canonical = IpAddress.canonical(text);
    if (canonical == null) {
      throw refused("must be an IPv4 or IPv6 address like 203.0.113.9 or 2001:db8::1", text);
    }
    return canonical;
  }

  private void checkTime(String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    boolean ascii = text.chars().allMatch(c -> c < 0x80);
    if (!ascii || Rfc3339.parse(bytes, 0, bytes.length) == null) {
      throw refused(
          "must be RFC 3339 with an offset, for instance 2026-11-23T03:05:09.5Z or"
              + " 2026-11-23T04:05:09+01:00",
          text);
    }
  }

  private void checkTrace(String text) {
    boolean hex = text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    if (!hex || text.length() != TRACE_DIGITS) {
      throw refused("must be " + TRACE_DIGITS + " lower-case hexadecimal digits", text);
    }
  }

  /** The names of these fields, for a message. */
  static String names(List<EntryField> fields) {
    return fields.stream().map(EntryField::toString).collect(Collectors.joining(", "));
  }
}
