package io.tallystick.http.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.service.query.EntryJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/**
 * An answer that says what went wrong (RFC 9457): a status, and a sentence for a person.
 *
 * @param status of HTTP
 * @param detail what was wrong, and what helps
 * @param errors what exactly is not taken; only with 422
 * @param headers further headers of the answer
 */
public record Problem(int status, String detail, List<Fault> errors, Map<String, String> headers) {
  static final String CONTENT_TYPE = "application/problem+json";

  /**
   * Something that is not taken.
   *
   * @param index place of the event in its batch, from 0; {@code null} where it is in none
   * @param field name of the field or parameter
   * @param message what was wrong and what is taken
   */
  record Fault(@Nullable Integer index, String field, String message) {}

  public Problem {
    errors = List.copyOf(errors);
    headers = Map.copyOf(headers);
  }

  public static Problem of(int status, String detail) {
    return new Problem(status, detail, List.of(), Map.of());
  }

  /** Something in the request is not taken (422). */
  public static Problem invalid(@Nullable Integer index, String field, String message) {
    return new Problem(422, message, List.of(new Fault(index, field, message)), Map.of());
  }

  public Problem with(String header, String value) {
    return new Problem(status, detail, errors, Map.of(header, value));
  }

  /** This problem, to be thrown. */
  public Thrown thrown() {
    return new Thrown(this);
  }

  /** A problem on its way to whoever asked. */
  public static final class Thrown extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    private Thrown(Problem problem) {
      super(problem.detail(), null, false, false);
      this.problem = problem;
    }

    Problem problem() {
      return problem;
    }
  }

  /** The problem as JSON. */
  byte[] json() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = EntryJson.generator(bytes)) {
      out.writeStartObject();
      out.writeStringField("type", "about:blank");
      out.writeStringField("title", HttpStatus.getMessage(status));
      out.writeNumberField("status", status);
      out.writeStringField("detail", detail);
      if (!errors.isEmpty()) {
        out.writeArrayFieldStart("errors");
        for (Fault error : errors) {
          out.writeStartObject();
          EntryJson.number(out, "index", error.index() == null ? null : (long) error.index());
          out.writeStringField("field", error.field());
          out.writeStringField("message", error.message());
          out.writeEndObject();
        }
        out.writeEndArray();
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }
}
