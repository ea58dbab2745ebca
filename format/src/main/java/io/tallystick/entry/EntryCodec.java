package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.tallystick.text.Ascii;
import io.tallystick.text.CanonicalJson;
import io.tallystick.text.CanonicalString;
import io.tallystick.text.CanonicalWriter;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Quoted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 * The body is encoded before the entry's place is known, by the thread that appends.
 */
public final class EntryCodec {
  /**
   * Largest length of an entry in bytes: what the two length bytes of a C2SP entry bundle can say.
   */
  public static final int MAX_ENTRY_BYTES = 65_535;

  private static final byte[] ID = Ascii.bytes("{\"id\":");
  private static final byte[] PREVIOUS_HASH = Ascii.bytes(",\"previous_hash\":\"");
  private static final byte[] TIMESTAMP = Ascii.bytes("\",\"timestamp\":\"");

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
    byte[] body = encodeBody(entry.event(), entry.source());
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
   * The part of an entry that does not depend on its place: from the comma before {@code
   * event_type} to the closing brace.
   *
   * @throws InvalidEventException if the whole entry could have more than {@link #MAX_ENTRY_BYTES},
   *     or the source more than {@link Entry#MAX_SOURCE_BYTES}
   */
  public static byte[] encodeBody(Event event, @Nullable String source) {
    Text.check("source", source, Entry.MAX_SOURCE_BYTES);
    byte[] body = body(event, source);
    if (MAX_HEAD_BYTES + body.length > MAX_ENTRY_BYTES) {
      throw new InvalidEventException(
          "(event)",
          "an entry may have at most "
              + MAX_ENTRY_BYTES
              + " bytes, but this one would have up to "
              + (MAX_HEAD_BYTES + body.length));
    }
    return body;
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
    for (EntryField field : EntryField.ALL) {
      String text = event.text(field);
      most += text == null ? 0 : CanonicalWriter.MAX_BYTES_PER_CHAR * text.length();
    }
    if (most > MAX_ENTRY_BYTES) {
      byte[] _ =
          encodeBody(event.eventId() == null ? event.withEventId(LONGEST_ID) : event, source);
    }
  }

  /** The body, however long it is. */
  static byte[] body(Event event, @Nullable String source) {
    Details details = event.details();
    CanonicalWriter out = new CanonicalWriter(320 + (details == null ? 0 : details.bytes().length));
    for (EntryField field : EntryField.ALL) {
      switch (field.kind) {
        case ACTOR_ID -> actorId(out, event.actorId());
        case NUMBER -> {
          if (event.sourceSeq() != null) {
            out.raw(name(field));
            out.number(event.sourceSeq());
          }
        }
        case FIELDS -> altered(out, event.altered());
        case DETAILS -> {
          if (details != null) {
            out.raw(name(field));
            out.raw(details.bytes());
          }
        }
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

  private static void altered(CanonicalWriter out, List<EntryField> fields) {
    if (!fields.isEmpty()) {
      out.raw(name(EntryField.ALTERED));
      char before = '[';
      for (EntryField field : fields) {
        out.raw(before);
        out.string(field.toString());
        before = ',';
      }
      out.raw(']');
    }
  }

  private static byte[] name(EntryField field) {
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
    return new Parser(bytes, offset, offset + length).head();
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
      return new Parser(bytes, 0, bytes.length).entry();
    } catch (InvalidEventException e) {
      throw new InvalidEntryException(e.getMessage(), e);
    }
  }

  private static final class Parser {
    private final byte[] bytes;
    private final int to;
    private int at;

    Parser(byte[] bytes, int from, int to) {
      this.bytes = bytes;
      this.at = from;
      this.to = to;
    }

    Head head() {
      expect(ID, "id");
      long id = number("id");
      if (id < 1) {
        throw new InvalidEntryException("id is 1 or more, not " + id);
      }
      expect(PREVIOUS_HASH, "previous_hash");
      byte[] hash = new byte[Hash.BYTES];
      if (to - at < 2 * Hash.BYTES) {
        throw unexpected("previous_hash");
      }
      if (!Ascii.getHex(bytes, at, hash)) {
        throw unexpected("previous_hash");
      }
      at += 2 * Hash.BYTES;
      expect(TIMESTAMP, "timestamp");
      Instant time =
          to - at <= Rfc3339.NANO_BYTES || bytes[at + Rfc3339.NANO_BYTES - 1] != 'Z'
              ? null
              : Rfc3339.parse(bytes, at, at + Rfc3339.NANO_BYTES);
      if (time == null || bytes[at + Rfc3339.NANO_BYTES] != '"') {
        throw unexpected("timestamp");
      }
      at += Rfc3339.NANO_BYTES + 1;
      return new Head(id, Hash.of(hash), time.getEpochSecond(), time.getNano());
    }

    Entry entry() {
      Head head = head();
      if (!isNext(name(EntryField.EVENT_TYPE))) {
        throw unexpected("event_type");
      }
      Event.Builder event = new Event.Builder();
      String source = null;
      for (EntryField field : EntryField.ALL) {
        if (next(name(field))) {
          switch (field.kind) {
            case ACTOR_ID -> event.actorId(actorId());
            case NUMBER -> event.sourceSeq(number(field.toString()));
            case FIELDS -> event.altered(altered());
            case DETAILS -> event.details(details());
            default -> {
              String text = string(field);
              if (field == EntryField.SOURCE) {
                source = text;
              } else {
                event.text(field, text);
              }
            }
          }
        }
      }
      String actorIp = event.text(EntryField.ACTOR_IP);
      if (at + 1 != to || bytes[at] != '}') {
        throw unexpected("the end of the entry, or a field in its place");
      }
      Entry entry =
          new Entry(
              head.id(),
              head.previousHash(),
              Instant.ofEpochSecond(head.epochSecond(), head.nano()),
              source,
              event.buildAsStored());
      if (actorIp != null && !actorIp.equals(entry.event().actorIp())) {
        throw new InvalidEntryException(
            "actor_ip is " + Quoted.of(actorIp) + ", which is not its canonical form");
      }
      return entry;
    }

    private Details details() {
      int end =
          at < to && bytes[at] == '{' ? CanonicalJson.end(bytes, at, to, Details.MAX_DEPTH) : -1;
      if (end < 0) {
        throw unexpected("details");
      }
      if (end - at > Details.MAX_BYTES) {
        throw new InvalidEntryException("details has more than " + Details.MAX_BYTES + " bytes");
      }
      byte[] canonical = Arrays.copyOfRange(bytes, at, end);
      at = end;
      return Details.ofCanonical(canonical);
    }

    private ActorId actorId() {
      if (at < to && bytes[at] == '"') {
        at++;
        return ActorId.of(string(EntryField.ACTOR_ID));
      }
      return ActorId.of(number("actor_id"));
    }

    /** Names of fields in their order, each once. */
    private List<EntryField> altered() {
      List<EntryField> fields = new ArrayList<>();
      EntryField last = EntryField.EVENT_TYPE;
      char before = '[';
      do {
        if (!next(before) || !next('"')) {
          throw unexpected("altered");
        }
        EntryField field = EntryField.of(string(EntryField.ALTERED));
        if (field == null
            || !EntryField.OF_CLIENTS.contains(field)
            || (field.compareTo(last) <= 0 && !fields.isEmpty())) {
          throw unexpected("altered");
        }
        last = field;
        fields.add(field);
        before = ',';
      } while (!next(']'));
      return fields;
    }

    /** The text whose first quote was read, up to its last quote. */
    private String string(EntryField field) {
      int end = CanonicalString.end(bytes, at, to);
      if (end < 0) {
        throw unexpected(field.toString());
      }
      String text = CanonicalString.text(bytes, at, end);
      at = end + 1;
      return text;
    }

    private long number(String field) {
      int from = at;
      long value = 0;
      while (at < to && Ascii.isDigit(bytes[at])) {
        int digit = bytes[at++] - '0';
        if (value > (Long.MAX_VALUE - digit) / 10) {
          throw unexpected(field);
        }
        value = value * 10 + digit;
      }
      if (at == from || (bytes[from] == '0' && at > from + 1)) {
        throw unexpected(field);
      }
      return value;
    }

    private boolean next(char c) {
      if (at < to && bytes[at] == c) {
        at++;
        return true;
      }
      return false;
    }

    private boolean next(byte[] literal) {
      if (!isNext(literal)) {
        return false;
      }
      at += literal.length;
      return true;
    }

    private boolean isNext(byte[] literal) {
      int end = at + literal.length;
      return end <= to && Arrays.equals(bytes, at, end, literal, 0, literal.length);
    }

    private void expect(byte[] literal, String field) {
      if (!next(literal)) {
        throw unexpected(field);
      }
    }

    private InvalidEntryException unexpected(String what) {
      return new InvalidEntryException(
          "at byte " + at + ": " + what + " is not as the canonical form has it");
    }
  }
}
