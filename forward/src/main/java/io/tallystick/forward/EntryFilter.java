package io.tallystick.forward;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.entry.UnknownType;
import io.tallystick.index.AddressRange;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.text.DetailValues;
import io.tallystick.index.text.Folded;
import io.tallystick.index.text.TextMatch;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.tlog.Sha256;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which entries a sink gets, in the words of lists. It looks at an entry as the log's hashes cover
 * it, without its personal values: what passed today passes in ten years, whatever was erased
 * meanwhile, so the {@code seq} of an entry can be computed again. Immutable.
 */
final class EntryFilter {
  private static final List<String> NAMES =
      Stream.concat(
              Stream.of("event_type", "severity_min", "security", "actor_ip", "details.PATH"),
              AuditQuery.TEXTS.stream().map(EntryField::toString))
          .toList();

  private final AuditQuery query;
  private final String hash;
  private final boolean all;

  private EntryFilter(AuditQuery query, String hash, boolean all) {
    this.query = query;
    this.hash = hash;
    this.all = all;
  }

  /**
   * A filter; none lets every entry through.
   *
   * @param given names and values as lists take them, a list of values for several event types
   * @throws InvalidParameterException naming what is wrong
   */
  static EntryFilter of(Map<String, List<String>> given) {
    Parameters parameters = Parameters.of(given).only(NAMES);
    String text = new TreeMap<>(given).toString();
    return new EntryFilter(
        QueryParser.live(parameters), Sha256.hex(text.getBytes(UTF_8)), given.isEmpty());
  }

  /** Whether it lets every entry through. */
  boolean isAll() {
    return all;
  }

  /** SHA-256 in hex of what it says. */
  String hash() {
    return hash;
  }

  /** Whether the sink gets the entry. */
  boolean matches(Entry entry) {
    if (all) {
      return true;
    }
    Event event = entry.event();
    Event sent = UnknownType.original(event);
    return isOfType(event.eventType(), sent.eventType())
        && isSevere(event.text(EntryField.SEVERITY))
        && isSecurity(sent.eventType())
        && isFrom(event.actorIp())
        && query.texts().entrySet().stream()
            .allMatch(wanted -> matches(wanted.getKey(), wanted.getValue(), entry))
        && DetailValues.match(
            sent.details(),
            query.details(),
            (wanted, value) -> matches(wanted.folded(), Folded.of(value)));
  }

  private boolean isOfType(String stored, String sent) {
    return query.eventTypes().isEmpty()
        || query.eventTypes().stream()
            .anyMatch(wanted -> isType(wanted, stored) || isType(wanted, sent));
  }

  private static boolean isType(String wanted, String type) {
    return wanted.endsWith(".*")
        ? type.startsWith(wanted.substring(0, wanted.length() - 1))
        : type.equals(wanted);
  }

  private boolean isSevere(@Nullable String severity) {
    String least = query.severityMin();
    List<String> words = EntryField.SEVERITY.words();
    return least == null || (severity != null && words.indexOf(severity) >= words.indexOf(least));
  }

  private boolean isSecurity(String type) {
    Boolean wanted = query.security();
    return wanted == null || wanted == EventType.isSecurity(type);
  }

  private boolean isFrom(@Nullable String address) {
    AddressRange wanted = query.actorIp();
    return wanted == null || (address != null && wanted.contains(InetAddress.ofLiteral(address)));
  }

  private static boolean matches(EntryField field, TextMatch wanted, Entry entry) {
    String text = entry.text(field);
    if (text == null && field == EntryField.SOURCE) {
      text = Entry.LOG;
    }
    if (text == null) {
      return false;
    }
    return AuditQuery.NAMES.contains(field)
        ? matches(wanted.folded(), Folded.of(text))
        : matches(wanted, text);
  }

  private static boolean matches(TextMatch wanted, String text) {
    return wanted.prefix() ? text.startsWith(wanted.text()) : text.equals(wanted.text());
  }
}
