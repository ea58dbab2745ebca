package io.tallystick.service.append;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.AuditQuery;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * The fields that are personal in every event of a log's clients, as its operator says. A key and
 * an event can name more; whatever any of the three names is personal. What the log writes about
 * its own administration never is: who held, erased or made a key has to stay known. Immutable.
 */
public record PersonalFields(List<PersonalField> fields) {
  /** No field. */
  public static final PersonalFields NONE = new PersonalFields(List.of());

  /** The type of the entries that record exports. */
  public static final String EXPORTED = "audit.exported";

  /** Where in their details the filters stand, each with its values. */
  public static final String FILTERS = "filters.";

  private static final String IN_EXPORT = "details." + FILTERS;

  public PersonalFields {
    fields = List.copyOf(fields);
  }

  /**
   * The event with its personal values named.
   *
   * @param more of the key that sent it
   * @throws io.tallystick.entry.InvalidEventException if there are too many
   */
  public Event mark(Event event, Collection<PersonalField> more) {
    return event.withPersonal(fields).withPersonal(more);
  }

  /**
   * The record of an export with those of its filters named that are by a personal value, and the
   * words, which may have any.
   */
  public Event markFilters(Event exported) {
    if (fields.isEmpty()) {
      return exported;
    }
    Stream<String> names =
        Stream.concat(fields.stream().map(PersonalField::toString), Stream.of("q"));
    return exported.withPersonal(named(names));
  }

  /** Where the record of an export has the values of a query's filters. */
  public static List<PersonalField> filters(AuditQuery query) {
    Stream<String> names =
        Stream.concat(
            query.texts().keySet().stream().map(EntryField::toString),
            query.details().keySet().stream().map(path -> "details." + path));
    return named(Stream.concat(names, Stream.of(EntryField.ACTOR_IP.toString())));
  }

  /** A name that would be too long stands for all filters. */
  private static List<PersonalField> named(Stream<String> names) {
    return PersonalField.of(
        names
            .map(name ->
                (IN_EXPORT + name).getBytes(UTF_8).length > PersonalField.MAX_BYTES
                    ? IN_EXPORT.substring(0, IN_EXPORT.length() - 1)
                    : IN_EXPORT + name)
            .toList());
  }
}
