package io.tallystick.service.answer;

import java.util.List;

/** The event types that are known or occur. */
public record EventTypes(List<Type> eventTypes) {
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
