package io.tallystick.ingest.mapping;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;

/** What is wrong with JSON, in words of ours: a library's could repeat what was sent. */
public final class JsonFault {
  private JsonFault() {}

  /** Where it is, and what may be wrong there; continues "it " or the name of a file. */
  public static String of(JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    return "is not JSON (line %d, column %d): something is missing, repeated, or too long or deep there"
        .formatted(
            location == null ? 0 : location.getLineNr(),
            location == null ? 0 : location.getColumnNr());
  }
}
