package io.tallystick.ingest.mapping;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

  /** Whether the event was kept raw. */
  public boolean isRaw() {
    return failure != null;
  }
}
