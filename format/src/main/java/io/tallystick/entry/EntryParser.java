package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.tallystick.text.Ascii;
import io.tallystick.text.CanonicalJson;
import io.tallystick.text.CanonicalString;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Quoted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads what {@link EntryCodec} writes, and nothing else. Used once, by one thread. */
final class EntryParser {
  /** Where it stands in what introduces a field, behind a comma or a brace, and a quote. */
  private static final int FIRST_LETTER = 2;

  private final byte[] bytes;
  private final int to;
  private int at;

  EntryParser(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.to = to;
  }

  EntryCodec.Head head() {
    expect(EntryCodec.ID, "id");
    long id = number("id");
    if (id < 1) {
      throw new InvalidEntryException("id is 1 or more, not " + id);
    }
    expect(EntryCodec.PREVIOUS_HASH, "previous_hash");
    byte[] hash = new byte[Hash.BYTES];
    if (to - at < 2 * Hash.BYTES) {
      throw unexpected("previous_hash");
    }
    if (!Ascii.getHex(bytes, at, hash)) {
      throw unexpected("previous_hash");
    }
    at += 2 * Hash.BYTES;
    expect(EntryCodec.TIMESTAMP, "timestamp");
    Instant time =
        to - at <= Rfc3339.NANO_BYTES || bytes[at + Rfc3339.NANO_BYTES - 1] != 'Z'
            ? null
            : Rfc3339.parse(bytes, at, at + Rfc3339.NANO_BYTES);
    if (time == null || bytes[at + Rfc3339.NANO_BYTES] != '"') {
      throw unexpected("timestamp");
    }
    at += Rfc3339.NANO_BYTES + 1;
    return new EntryCodec.Head(id, Hash.of(hash), time.getEpochSecond(), time.getNano());
  }

  Entry entry() {
    EntryCodec.Head head = head();
    if (!isNext(EntryCodec.name(EntryField.EVENT_TYPE))) {
      throw unexpected("event_type");
    }
    Event.Builder event = new Event.Builder();
    String source = null;
    Map<PersonalField, Hash> personal = Map.of();
    for (EntryField field : EntryField.ALL) {
      if (next(EntryCodec.name(field))) {
        switch (field.kind) {
          case ACTOR_ID -> event.actorId(actorId());
          case NUMBER -> event.sourceSeq(number(field.toString()));
          case FIELDS -> event.altered(altered());
          case DETAILS -> event.details(details());
          case PERSONAL -> personal = personal();
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
            event.buildAsStored(),
            personal);
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

  /** Commitments in the order of their names, each once. */
  private Map<PersonalField, Hash> personal() {
    Map<PersonalField, Hash> commitments = new TreeMap<>();
    PersonalField last = null;
    char before = '{';
    do {
      PersonalField name =
          next(before) && next('"') ? PersonalField.ofAnyLength(string(EntryField.PERSONAL)) : null;
      Hash commitment = name != null && next(':') && next('"') ? commitment() : null;
      if (name == null || commitment == null || (last != null && last.compareTo(name) >= 0)) {
        throw unexpected("personal");
      }
      commitments.put(name, commitment);
      last = name;
      before = ',';
    } while (!next('}'));
    return commitments;
  }

  /** 32 bytes in base64url, and the quote behind them. */
  private @Nullable Hash commitment() {
    int end = at + EntryCodec.COMMITMENT_CHARS;
    if (end > to) {
      return null;
    }
    String text = new String(bytes, at, EntryCodec.COMMITMENT_CHARS, ISO_8859_1);
    try {
      byte[] hash = Base64.getUrlDecoder().decode(text);
      // The last digit has two bits to spare.
      if (hash.length == Hash.BYTES && EntryCodec.BASE64URL.encodeToString(hash).equals(text)) {
        at = end;
        return next('"') ? Hash.of(hash) : null;
      }
    } catch (IllegalArgumentException e) {
      return null;
    }
    return null;
  }

  /** All bytes as an actor's id. */
  ActorId wholeActorId() {
    ActorId id = actorId();
    checkEnd();
    return id;
  }

  /** All bytes as details. */
  Details wholeDetails() {
    Details all = details();
    checkEnd();
    return all;
  }

  /** All bytes as the string that a field holds. */
  String wholeString(EntryField field) {
    if (!next('"')) {
      throw unexpected(field.toString());
    }
    String text = string(field);
    checkEnd();
    return text;
  }

  /** Checks that the bytes are one value that can stand in details. */
  void checkValue() {
    int end = CanonicalJson.end(bytes, at, to, Details.MAX_DEPTH - 1);
    at = end < 0 ? at : end;
    checkEnd();
  }

  private void checkEnd() {
    if (at != to || to == 0) {
      throw unexpected("a personal value");
    }
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
          || !EntryField.MAY_BE_ALTERED.contains(field)
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

  /**
   * Looks at the first letter of a name first: of the many that may come next, most differ there.
   */
  private boolean isNext(byte[] literal) {
    int end = at + literal.length;
    return end <= to
        && bytes[at + FIRST_LETTER] == literal[FIRST_LETTER]
        && Arrays.equals(bytes, at, end, literal, 0, literal.length);
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
