package io.tallystick.service.erasure;

import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.UnknownType;
import io.tallystick.index.AddressRange;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.text.DetailValues;
import io.tallystick.index.text.Folded;
import io.tallystick.index.text.TextMatch;
import io.tallystick.service.answer.PartialEntry;
import io.tallystick.service.append.PersonalFields;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether an entry itself matches a query's filters, to the byte. Immutable. */
final class EntryMatcher {
  private final AuditQuery query;

  /** Compares a value of the entry with one that is wanted. */
  private interface Comparison {
    boolean equal(String wanted, String value);
  }

  /** What a query that {@link ErasureRequest} accepts matches. */
  EntryMatcher(AuditQuery query) {
    this.query = query;
  }

  /** Whether the entry is meant. */
  boolean matches(PartialEntry entry) {
    return matches(entry, String::equals);
  }

  /** Whether a list would show it, which compares names without regard to case. */
  boolean looksAlike(PartialEntry entry) {
    return matches(entry, (wanted, value) -> Folded.of(wanted).equals(Folded.of(value)));
  }

  /** Whether it records an export that somebody filtered by one of the values. */
  boolean wasExported(PartialEntry read) {
    Details details = read.event().details();
    if (read.entry().source() != null
        || !read.event().eventType().equals(PersonalFields.EXPORTED)
        || details == null) {
      return false;
    }
    Set<String> wanted = new HashSet<>();
    query.texts().forEach((field, text) -> wanted.add(field + "=" + text.text()));
    query.details().forEach((path, text) -> wanted.add("details." + path + "=" + text.text()));
    if (query.actorIp() != null) {
      wanted.add(EntryField.ACTOR_IP + "=" + query.actorIp());
    }
    boolean[] found = {false};
    DetailValues.forEach(
        details.toString(),
        (path, value) ->
            found[0] |=
                path.startsWith(PersonalFields.FILTERS)
                    && wanted.contains(
                        path.substring(PersonalFields.FILTERS.length()) + "=" + value));
    return found[0];
  }

  private boolean matches(PartialEntry read, Comparison names) {
    Entry entry = read.entry();
    Event event = read.event();
    Event sent = UnknownType.original(event);
    return isRecorded(entry.timestamp())
        && isOfType(event, sent)
        && query.texts().entrySet().stream()
            .allMatch(text -> matches(text.getKey(), text.getValue(), read, names))
        && isFrom(event.actorIp())
        && DetailValues.match(
            sent.details(), query.details(), (text, value) -> names.equal(text.text(), value));
  }

  private boolean isRecorded(Instant time) {
    Instant since = query.since();
    Instant until = query.until();
    return (since == null || !time.isBefore(since)) && (until == null || time.isBefore(until));
  }

  private boolean isOfType(Event event, Event sent) {
    return query.eventTypes().isEmpty()
        || query.eventTypes().contains(event.eventType())
        || query.eventTypes().contains(sent.eventType());
  }

  private static boolean matches(
      EntryField field, TextMatch wanted, PartialEntry read, Comparison names) {
    String text = read.readable().text(field);
    if (text == null && field == EntryField.SOURCE) {
      text = Entry.LOG;
    }
    return text != null
        && (AuditQuery.NAMES.contains(field)
            ? names.equal(wanted.text(), text)
            : wanted.text().equals(text));
  }

  private boolean isFrom(@Nullable String address) {
    AddressRange wanted = query.actorIp();
    return wanted == null || (address != null && wanted.equals(AddressRange.parse(address)));
  }
}
