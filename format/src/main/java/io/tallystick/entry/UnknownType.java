package io.tallystick.entry;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * How an event is stored whose type is one too many for its source: under {@value #VALUE}, with its
 * own type and its own details in the details. Nothing is lost, and filters find it by its own
 * type; only counts by type know it as {@value #VALUE}.
 *
 * <pre>
 *   {"event_type":"door.opened","details":{"door":7}}
 *   {"event_type":"door.closed"}                         without details
 * </pre>
 */
public final class UnknownType {
  /** The type that such an event is stored under. */
  public static final String VALUE = "ingest.unknown_type";

  private static final String TYPE = "{\"event_type\":\"";
  private static final String DETAILS = "\",\"details\":";

  private UnknownType() {}

  /**
   * The event as it is stored.
   *
   * @throws InvalidEventException if its details are too long or nest too deep to be moved into
   *     others
   */
  public static Event wrap(Event event) {
    Details details = event.details();
    String own = TYPE + event.eventType() + (details == null ? "\"" : DETAILS + details) + "}";
    Details moved;
    try {
      moved = Details.parse(own);
    } catch (InvalidEventException e) {
      throw new InvalidEventException(
          "details",
          "details must leave room for the event_type, which is kept there because this source has"
              + " reached its limit of different types: at most "
              + (Details.MAX_BYTES - (own.length() - length(details)))
              + " bytes, nested at most "
              + (Details.MAX_DEPTH - 1)
              + " levels deep");
    }
    return with(event, VALUE, moved, event.personal().stream().map(PersonalField::below).toList());
  }

  private static int length(@Nullable Details details) {
    return details == null ? 0 : details.toString().length();
  }

  /** The event as it was sent; any event that {@link #wrap} did not make is returned as it is. */
  public static Event original(Event stored) {
    Details details = stored.details();
    if (details == null || !stored.eventType().equals(VALUE)) {
      return stored;
    }
    String own = details.toString();
    int end = own.startsWith(TYPE) ? own.indexOf('"', TYPE.length()) : -1;
    if (end < 0) {
      return stored;
    }
    String type = own.substring(TYPE.length(), end);
    boolean has = own.startsWith(DETAILS, end);
    try {
      Event event =
          with(
              stored,
              type,
              has ? Details.parse(own.substring(end + DETAILS.length(), own.length() - 1)) : null,
              stored.personal().stream().map(PersonalField::above).toList());
      return wrap(event).equals(stored) ? event : stored;
    } catch (InvalidEventException e) {
      // A client may send this type with any details.
      return stored;
    }
  }

  /** The name that a personal value of such an entry had in the event as it was sent. */
  public static PersonalField original(PersonalField stored) {
    return stored.above();
  }

  private static Event with(
      Event event, String type, @Nullable Details details, Collection<PersonalField> personal) {
    return event.withoutPersonal().toBuilder()
        .text(EntryField.EVENT_TYPE, type)
        .details(details)
        .personal(personal)
        .buildAsStored();
  }
}
