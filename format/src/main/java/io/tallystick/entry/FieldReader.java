package io.tallystick.entry;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the fields of an event as clients send them. */
final class FieldReader {
  private static final Set<String> OF_THE_LOG = Set.of("id", "previous_hash", "timestamp", "hash");

  private FieldReader() {}

  /**
   * Reads the value of a field, at which the parser is, into the event.
   *
   * @param truncate as in {@link EventReader.Rules}
   * @throws InvalidEventException if there is no such field, or it can't hold the value
   */
  static void read(JsonParser in, String name, Event.Builder event, boolean truncate)
      throws IOException {
    EntryField field = EntryField.of(name);
    if (field == EntryField.SOURCE || field == EntryField.ALTERED || OF_THE_LOG.contains(name)) {
      throw new InvalidEventException(name, name + " is set by the log; leave it out");
    }
    if (field == null) {
      throw new InvalidEventException(
          Quoted.of(name),
          "unknown field "
              + Quoted.of(name)
              + "; supported fields: "
              + EntryField.names(EntryField.OF_CLIENTS));
    }
    switch (field.kind) {
      case ACTOR_ID -> event.actorId(actorId(in, event, truncate));
      case NUMBER ->
          event.sourceSeq(
              in.currentToken() == JsonToken.VALUE_NULL
                  ? null
                  : number(in, name, Event.Builder.SOURCE_SEQ_ALLOWED));
      case DETAILS -> {
        DetailsReader details = new DetailsReader(truncate);
        event.details(details.read(in));
        if (details.isAltered()) {
          event.altered(List.of(field));
        }
      }
      case PERSONAL -> event.personal(personal(in));
      default -> {
        String text = string(in, name);
        event.text(field, text == null && field == EntryField.EVENT_TYPE ? "" : text);
        if (field == EntryField.EVENT_TYPE && text != null && EventType.isReserved(text)) {
          throw new InvalidEventException(
              name,
              "event_type must not be audit or begin with audit., which only the log itself writes,"
                  + " but was "
                  + Quoted.of(text));
        }
      }
    }
  }

  /** Refuses a field that the event has already. */
  static InvalidEventException repeated(String name) {
    String shown = EntryField.of(name) == null ? Quoted.of(name) : name;
    return new InvalidEventException(shown, shown + " appears twice; send each field once");
  }

  private static @Nullable String string(JsonParser in, String field) throws IOException {
    return switch (in.currentToken()) {
      case VALUE_STRING -> in.getText();
      case VALUE_NULL -> null;
      default ->
          throw new InvalidEventException(
              field, field + " must be a string, but was " + name(in.currentToken()));
    };
  }

  private static List<PersonalField> personal(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_NULL) {
      return List.of();
    }
    if (in.currentToken() != JsonToken.START_ARRAY) {
      throw noNames("was " + name(in.currentToken()));
    }
    List<String> names = new ArrayList<>();
    String other = null;
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (in.currentToken() == JsonToken.VALUE_STRING) {
        names.add(in.getText());
      } else {
        other = name(in.currentToken());
        in.skipChildren();
      }
    }
    if (other != null) {
      throw noNames("holds " + other);
    }
    return PersonalField.of(names);
  }

  private static InvalidEventException noNames(String but) {
    return new InvalidEventException(
        "personal",
        "personal must be an array of names of fields, for instance [\"actor_username\"], but "
            + but);
  }

  private static @Nullable ActorId actorId(JsonParser in, Event.Builder event, boolean truncate)
      throws IOException {
    return switch (in.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_STRING -> {
        String text = in.getText();
        String kept = truncate ? Text.cut(Text.cleaned(text), ActorId.MAX_BYTES) : text;
        if (!kept.equals(text)) {
          event.altered(List.of(EntryField.ACTOR_ID));
        }
        yield ActorId.of(kept);
      }
      default -> ActorId.of(number(in, "actor_id", ActorId.ALLOWED));
    };
  }

  /** A whole number that is not negative. */
  private static long number(JsonParser in, String field, String allowed) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_NUMBER_INT && in.getTextLength() <= 20) {
      try {
        long number = Long.parseLong(in.getText());
        if (number >= 0) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Beyond a long: refused below like every other wrong value.
      }
    }
    String what =
        in.currentToken().isNumeric()
            ? (in.getTextLength() <= 40 ? in.getText() : "a very long number")
            : name(in.currentToken());
    throw new InvalidEventException(field, allowed + ", but was " + what);
  }

  /** What begins with this token, for instance {@code an array}. */
  static String name(@Nullable JsonToken token) {
    return switch (token) {
      case null -> "missing";
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_TRUE, VALUE_FALSE -> "true or false";
      case VALUE_NULL -> "null";
      default -> "something else";
    };
  }
}
