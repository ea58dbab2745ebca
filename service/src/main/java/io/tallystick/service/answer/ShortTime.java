package io.tallystick.service.answer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import java.io.IOException;
import java.time.Instant;

/**
 * Writes a time in RFC 3339 with as many fractional digits as it needs, for times that are not
 * those of entries.
 */
public final class ShortTime extends JsonSerializer<Instant> {
  @Override
  public void serialize(Instant time, JsonGenerator out, SerializerProvider provider)
      throws IOException {
    out.writeString(time.toString());
  }
}
