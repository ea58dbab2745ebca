package io.tallystick.cli.input;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEventException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Makes events of their JSON. One that is not valid ends the reading, or is passed over where the
 * rules are partial. Used by one thread.
 */
public final class EventDecoder {
  private final EventReader.Rules rules;
  private final UnaryOperator<byte[]> translation;

  /**
   * @param rules how events are read
   * @param translation what makes the JSON of an event of what was read
   */
  public EventDecoder(EventReader.Rules rules, UnaryOperator<byte[]> translation) {
    this.rules = rules;
    this.translation = translation;
  }

  /** Adds the event to the batches. */
  void decode(byte[] sent, Place place, EventBatches batches) throws InterruptedException {
    byte[] json = translation.apply(sent);
    Event event;
    try {
      event = EventReader.readOne(json, rules);
    } catch (InvalidEventException e) {
      if (!rules.partial()) {
        throw new Failure(Failure.USAGE, reason(e.faults().getFirst(), place));
      }
      List<String> reasons = new ArrayList<>();
      e.faults().forEach(fault -> reasons.add(reason(fault, place)));
      if (e.omitted() > 0) {
        reasons.add("%s: and %,d more errors".formatted(place, e.omitted()));
      }
      batches.reject(new EventBatches.Rejected(place, reasons), json.length);
      return;
    }
    batches.add(onOneLine(json), event, place);
  }

  /** What is wrong, and where. */
  private static String reason(InvalidEventException.Fault fault, Place place) {
    String where = place.toString();
    if (fault.line() > 0) {
      int column = fault.line() == 1 ? place.column() + fault.column() - 1 : fault.column();
      where = place.input() + ", line " + (place.line() + fault.line() - 1) + ", column " + column;
    }
    return where + ": " + Printable.of(fault.reason());
  }

  /** Line breaks between the tokens of an event; there are none inside its strings. */
  private static byte[] onOneLine(byte[] json) {
    byte[] line = json.clone();
    for (int i = 0; i < line.length; i++) {
      if (line[i] == '\n' || line[i] == '\r') {
        line[i] = ' ';
      }
    }
    return line;
  }
}
