package io.tallystick.client;

import java.util.List;

/**
 * An event that the server will never accept, and why.
 *
 * @param event as it was sent, JSON
 * @param status the HTTP status of the answer
 * @param reason what the server said
 * @param errors each thing that is wrong with the event
 */
public record Rejection(String event, int status, String reason, List<FieldError> errors) {
  public Rejection {
    errors = List.copyOf(errors);
  }

  /**
   * One thing that is wrong.
   *
   * @param field name of the field; {@code (event)} where it is not one field
   * @param message what is wrong and what is allowed
   */
  public record FieldError(String field, String message) {}
}
