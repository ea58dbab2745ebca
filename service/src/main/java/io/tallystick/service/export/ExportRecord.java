package io.tallystick.service.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.entry.Details;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.query.Parameters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the log records of an export, {@code audit.exported}: the filters, the format, how many
 * entries were written, whether those were all, and if not, why.
 *
 * @param given the parameters of the request
 * @param only what the key sees of the log
 */
public record ExportRecord(Parameters given, Scope only) {
  private static final Set<String> NO_FILTERS = Set.of("format", "values");

  /**
   * The record of an export that is about to begin.
   *
   * @throws InvalidParameterException if no entry could hold the filters
   */
  public static ExportRecord of(Parameters given, Scope only) throws IOException {
    ExportRecord export = new ExportRecord(given, only);
    try {
      export.details(Long.MAX_VALUE, "key revoked or expired");
    } catch (InvalidEventException e) {
      throw new InvalidParameterException(
          "(query)",
          "an export is recorded with its filters, but these can't be: " + e.getMessage());
    }
    return export;
  }

  public ExportFormat format() {
    return ExportFormat.of(given);
  }

  /**
   * The entry's details.
   *
   * @param failure why not all entries were written; {@code null} if they were
   */
  public Details details(long entries, @Nullable String failure) throws IOException {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator out = AnswerJson.generator(json)) {
      out.writeStartObject();
      out.writeStringField("format", format().toString());
      if (format().isExact(given)) {
        out.writeStringField("values", "commitments");
      }
      out.writeObjectFieldStart("filters");
      for (Map.Entry<String, List<String>> filter : given.values().entrySet()) {
        if (!NO_FILTERS.contains(filter.getKey())) {
          out.writeArrayFieldStart(filter.getKey());
          for (String value : filter.getValue()) {
            out.writeString(value);
          }
          out.writeEndArray();
        }
      }
      out.writeEndObject();
      if (!only.isAll()) {
        out.writePOJOField("only", KeyInfo.only(only));
      }
      out.writeNumberField("count", entries);
      out.writeBooleanField("complete", failure == null);
      if (failure != null) {
        out.writeStringField("reason", failure);
      }
      out.writeEndObject();
    }
    return Details.parse(json.toString(UTF_8));
  }
}
