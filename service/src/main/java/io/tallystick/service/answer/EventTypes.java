package io.tallystick.service.answer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the event types that are known or occur.
 *
 * @param eventTypes on the first page all that are known, in their own order; then the others, in
 *     that of their names
 * @param nextAfter what the next page begins behind; {@code null} if there is none
 */
public record EventTypes(List<Type> eventTypes, @Nullable String nextAfter) {
  public EventTypes {
    eventTypes = List.copyOf(eventTypes);
  }

  /**
   * An event type.
   *
   * @param security whether its entries are security events
   * @param count how many entries have it
   */
  public record Type(
      String value,
      String name,
      String category,
      String description,
      boolean security,
      long count) {}
}
