package io.tallystick.ingest.mapping;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of an event of another system.
 *
 * @param mapping name of the mapping that was used; {@code null} if none matched
 * @param event what a client of Tallystick would send
 * @param moved the paths in the original whose values are in fields of the event and nowhere else;
 *     everything else is in its details, as it was
 * @param failure why the event was kept raw; {@code null} if it was mapped
 */
public record Mapped(
    @Nullable String mapping, ObjectNode event, List<String> moved, @Nullable String failure) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public Mapped {
    moved = List.copyOf(moved);
  }

  /** The event in JSON, a lone surrogate included, which must not become something else unseen. */
  public byte[] json() {
    try {
      return JSON.writeValueAsBytes(event);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was read as JSON can be written as JSON", e);
    }
  }

  /**
   * What an entry has of the event: texts that are too long are cut, and {@link Event#altered}
   * names them.
   *
   * @throws io.tallystick.entry.InvalidEventException if it can't be appended at all
   */
  public Event stored() {
    return EventReader.readOne(json(), new EventReader.Rules(1, true, false, Entry.LOCAL));
  }

  /** Whether the event was kept raw. */
  public boolean isRaw() {
    return failure != null;
  }
}
