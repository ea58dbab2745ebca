package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.text.Ascii;
import io.tallystick.text.CanonicalWriter;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one encoding of an entry (format.md, Entry), strict both ways: {@code decode(encode(x))} is
 * x, and bytes that decode encode to themselves.
 *
 * <pre>
 *   {"id":7,"previous_hash":"64 hex digits","timestamp":"2026-11-23T03:05:09.000000001Z"   the head: the log's part
 *   ,"event_type":"auth.logout", … ,"source":"writer","details":{}}                        the body: the client's part
 * </pre>
 *
 * The body is encoded before the entry's place is known, by the thread that appends. Personal
 * values do not stand in it: it has a commitment to each, with a salt that is drawn here, once.
 */
public final class EntryCodec {
  /**
   * Largest length of an entry in bytes: what the two length bytes of a C2SP entry bundle can say.
   */
  public static final int MAX_ENTRY_BYTES = 65_535;

  static final byte[] ID = Ascii.bytes("{\"id\":");
  static final byte[] PREVIOUS_HASH = Ascii.bytes(",\"previous_hash\":\"");
  static final byte[] TIMESTAMP = Ascii.bytes("\",\"timestamp\":\"");

  /** The form of commitments, and its length. */
  static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  static final int COMMITMENT_CHARS = 43;

  /** What stands before the value of each field, for a text its first quote included. */
  private static final Map<EntryField, byte[]> NAMES = new EnumMap<>(EntryField.class);

  static {
    for (EntryField field : EntryField.ALL) {
      NAMES.put(field, Ascii.bytes(",\"" + field + "\":" + (field.isText() ? "\"" : "")));
    }
  }

  /** Most bytes that {@link #encodeHead} writes. */
  public static final int MAX_HEAD_BYTES =
      ID.length
          + Ascii.MAX_LONG_DIGITS
          + PREVIOUS_HASH.length
          + 2 * Hash.BYTES
          + TIMESTAMP.length
          + Rfc3339.NANO_BYTES
          + 1;

  /**
   * More than the names of all fields, their quotes and numbers, and the names in {@code altered}.
   */
  private static final int MAX_NAMES_BYTES = 1_024;

  /** A commitment and the place of a value, besides its name and itself. */
  private static final int MAX_PERSONAL_BYTES = 80;

  private static final String LONGEST_ID = "x".repeat(EntryField.EVENT_ID.maxBytes());

  private EntryCodec() {}

  /**
   * The first three fields of an entry.
   *
   * @param epochSecond of the timestamp
   * @param nano of the timestamp, 0 to 999,999,999
   */
  public record Head(long id, Hash previousHash, long epochSecond, int nano) {}

  /**
   * The entry's bytes.
   *
   * @throws InvalidEventException if there could be more than {@link #MAX_ENTRY_BYTES}
   */
  public static byte[] encode(Entry entry) {
    byte[] body =
        body(entry.event(), entry.source(), Set.of(), entry.event().details(), entry.personal());
    checkLength(body.length);
    byte[] bytes = new byte[MAX_HEAD_BYTES + body.length];
    Instant time = entry.timestamp();
    int end =
        encodeHead(
            entry.id(),
            entry.previousHash().toBytes(),
            time.getEpochSecond(),
            time.getNano(),
            bytes,
            0);
    System.arraycopy(body, 0, bytes, end, body.length);
    return Arrays.copyOf(bytes, end + body.length);
  }

  /**
   * The part of an entry that does not depend on its place, and the personal values that stand
   * beside it, each with a new salt.
   *
   * @throws InvalidEventException if the whole entry with its personal values could have more than
   *     {@link #MAX_ENTRY_BYTES}, or the source more than {@link Entry#MAX_SOURCE_BYTES}
   */
  public static EncodedEvent encodeEvent(Event event, @Nullable String source) {
    Text.check("source", source, Entry.MAX_SOURCE_BYTES);
    if (event.personal().isEmpty()) {
      byte[] body = body(event, source, Set.of(), event.details(), Map.of());
      checkLength(body.length);
      return new EncodedEvent(body, List.of());
    }
    PersonalParts parts = PersonalParts.of(event);
    MessageDigest sha256 = Sha256.newDigest();
    List<PersonalValue> values = new ArrayList<>();
    Map<PersonalField, Hash> commitments = new LinkedHashMap<>();
    for (PersonalParts.Part part : parts.values()) {
      values.add(part.value());
      commitments.put(part.name(), part.value().commitment(sha256));
    }
    byte[] body = body(event, source, parts.fields(), parts.details(), commitments);
    EncodedEvent encoded = new EncodedEvent(body, values);
    checkLength(body.length + encoded.personalBytes());
    return encoded;
  }

  private static void checkLength(int bytes) {
    if (MAX_HEAD_BYTES + bytes > MAX_ENTRY_BYTES) {
      throw new InvalidEventException(
          "(event)",
          "an entry may have at most "
              + MAX_ENTRY_BYTES
              + " bytes, but this one would have up to "
              + (MAX_HEAD_BYTES + bytes));
    }
  }

  /**
   * Checks that the entry of this event has room, also if a request's key gives it an {@code
   * event_id}. Encodes no event that clearly has.
   *
   * @throws InvalidEventException if it could have more than {@link #MAX_ENTRY_BYTES}
   */
  static void checkSize(Event event, @Nullable String source) {
    int most = MAX_HEAD_BYTES + MAX_NAMES_BYTES;
    Details details = event.details();
    most += details == null ? 0 : details.bytes().length;
    most += source == null ? 0 : CanonicalWriter.MAX_BYTES_PER_CHAR * source.length();
    for (PersonalField personal : event.personal()) {
      most +=
          CanonicalWriter.MAX_BYTES_PER_CHAR * personal.toString().length() + MAX_PERSONAL_BYTES;
    }
    for (EntryField field : EntryField.ALL) {
      String text = event.text(field);
      most += text == null ? 0 : CanonicalWriter.MAX_BYTES_PER_CHAR * text.length();
    }
    if (most > MAX_ENTRY_BYTES) {
      EncodedEvent _ =
          encodeEvent(event.eventId() == null ? event.withEventId(LONGEST_ID) : event, source);
    }
  }

  /** The JSON of an event as a client could send it. */
  static String json(Event event) {
    byte[] body = body(event, null, Set.of(), event.details(), Map.of());
    String json = "{" + new String(body, UTF_8).substring(1);
    if (event.personal().isEmpty()) {
      return json;
    }
    CanonicalWriter names = new CanonicalWriter(64);
    names.raw(name(EntryField.PERSONAL));
    names(names, event.personal());
    return json.substring(0, json.length() - 1) + new String(names.toBytes(), UTF_8) + "}";
  }

  /**
   * The body, however long it is.
   *
   * @param without fields that are left out
   * @param details instead of the event's
   */
  private static byte[] body(
      Event event,
      @Nullable String source,
      Set<EntryField> without,
      @Nullable Details details,
      Map<PersonalField, Hash> personal) {
    CanonicalWriter out = new CanonicalWriter(320 + (details == null ? 0 : details.bytes().length));
    for (EntryField field : EntryField.ALL) {
      if (without.contains(field)) {
        continue;
      }
      switch (field.kind) {
        case ACTOR_ID -> actorId(out, event.actorId());
        case NUMBER -> {
          if (event.sourceSeq() != null) {
            out.raw(name(field));
            out.number(event.sourceSeq());
          }
        }
        case FIELDS -> {
          if (!event.altered().isEmpty()) {
            out.raw(name(field));
            names(out, event.altered());
          }
        }
        case DETAILS -> {
          if (details != null) {
            out.raw(name(field));
            out.raw(details.bytes());
          }
        }
        case PERSONAL -> commitments(out, personal);
        default -> {
          String text = field == EntryField.SOURCE ? source : event.text(field);
          if (text != null) {
            out.raw(name(field));
            out.rest(text);
          }
        }
      }
    }
    out.raw('}');
    return out.toBytes();
  }

  private static void actorId(CanonicalWriter out, @Nullable ActorId actorId) {
    if (actorId != null) {
      out.raw(name(EntryField.ACTOR_ID));
      if (actorId.isNumber()) {
        out.raw(Ascii.bytes(actorId.text()));
      } else {
        out.string(actorId.text());
      }
    }
  }

  private static void names(CanonicalWriter out, List<?> fields) {
    char before = '[';
    for (Object field : fields) {
      out.raw(before);
      out.string(field.toString());
      before = ',';
    }
    out.raw(']');
  }

  private static void commitments(CanonicalWriter out, Map<PersonalField, Hash> personal) {
    if (!personal.isEmpty()) {
      out.raw(name(EntryField.PERSONAL));
      char before = '{';
      for (Map.Entry<PersonalField, Hash> each : personal.entrySet()) {
        out.raw(before);
        out.string(each.getKey().toString());
        out.raw(':');
        out.raw('"');
        out.raw(BASE64URL.encode(each.getValue().toBytes()));
        out.raw('"');
        before = ',';
      }
      out.raw('}');
    }
  }

  static byte[] name(EntryField field) {
    return Objects.requireNonNull(NAMES.get(field));
  }

  /**
   * Writes the first three fields of an entry and returns the offset after them; a body comes next.
   *
   * @param previousHash 32 bytes
   * @param target with at least {@link #MAX_HEAD_BYTES} free from {@code offset} on
   */
  public static int encodeHead(
      long id, byte[] previousHash, long epochSecond, int nano, byte[] target, int offset) {
    int at = put(ID, target, offset);
    at = Ascii.putLong(id, target, at);
    at = put(PREVIOUS_HASH, target, at);
    at = Ascii.putHex(previousHash, target, at);
    at = put(TIMESTAMP, target, at);
    at = Rfc3339.put(epochSecond, nano, target, at);
    target[at++] = '"';
    return at;
  }

  /**
   * The instant as an entry holds it, with nine fractional digits.
   *
   * @throws InvalidEntryException outside the years 0000 to 9999
   */
  public static String timestamp(Instant time) {
    byte[] text = new byte[Rfc3339.NANO_BYTES];
    Rfc3339.put(time.getEpochSecond(), time.getNano(), text, 0);
    return new String(text, ISO_8859_1);
  }

  private static int put(byte[] literal, byte[] target, int offset) {
    System.arraycopy(literal, 0, target, offset, literal.length);
    return offset + literal.length;
  }

  /**
   * Reads the first three fields of the entry in {@code bytes[offset .. offset + length)}, and
   * nothing after them.
   *
   * @throws InvalidEntryException if they are not exactly as {@link #encodeHead} writes them
   */
  public static Head decodeHead(byte[] bytes, int offset, int length) {
    return new EntryParser(bytes, offset, offset + length).head();
  }

  /**
   * Whether the entry in {@code bytes[offset .. offset + length)} can have commitments to personal
   * values, which stand at its end: a quick look.
   */
  public static boolean mayHavePersonal(byte[] bytes, int offset, int length) {
    int end = offset + length - 1;
    int quote = end - COMMITMENT_CHARS - 3;
    return length > MAX_HEAD_BYTES
        && bytes[end] == '}'
        && bytes[end - 1] == '}'
        && bytes[end - 2] == '"'
        && bytes[quote] == '"'
        && bytes[quote - 1] == ':';
  }

  /**
   * The entry that these bytes are.
   *
   * @throws InvalidEntryException if they are not exactly what {@link #encode} writes for it
   */
  public static Entry decode(byte[] bytes) {
    if (bytes.length > MAX_ENTRY_BYTES) {
      throw new InvalidEntryException(
          "an entry has at most " + MAX_ENTRY_BYTES + " bytes, not " + bytes.length);
    }
    try {
      return new EntryParser(bytes, 0, bytes.length).entry();
    } catch (InvalidEventException e) {
      throw new InvalidEntryException(e.getMessage(), e);
    }
  }
}
