package io.tallystick.http.wire;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.service.answer.AnswerJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/**
 * An answer that says what went wrong (RFC 9457): a status, and a sentence for a person. Immutable.
 *
 * @param status of HTTP
 * @param detail what was wrong, and what helps
 * @param errors everything that is invalid, as far as it is listed; only with 422
 * @param moreErrors how many errors there are beyond those that are listed
 * @param headers further headers of the answer
 */
public record Problem(
    int status, String detail, List<Fault> errors, int moreErrors, Map<String, String> headers) {
  static final String CONTENT_TYPE = "application/problem+json";

  /**
   * Something that is invalid.
   *
   * @param index position of the event in its batch, from 0; {@code null} where there is none
   * @param field name of the field or parameter
   * @param message what is wrong and what is allowed
   */
  record Fault(@Nullable Integer index, String field, String message) {}

  /** The JSON of a problem. */
  private record Body(
      String type,
      String title,
      int status,
      String detail,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Fault> errors,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int moreErrors) {}

  public Problem {
    errors = List.copyOf(errors);
    headers = Map.copyOf(headers);
  }

  public static Problem of(int status, String detail) {
    return new Problem(status, detail, List.of(), 0, Map.of());
  }

  /** Something in the request is invalid (422). */
  public static Problem invalid(@Nullable Integer index, String field, String message) {
    return new Problem(422, message, List.of(new Fault(index, field, message)), 0, Map.of());
  }

  /** Events are invalid (422). */
  static Problem invalid(InvalidEventException e) {
    List<Fault> errors =
        e.faults().stream()
            .map(fault ->
                new Fault(fault.index() < 0 ? null : fault.index(), fault.field(), fault.message()))
            .toList();
    int count = errors.size() + e.omitted();
    String detail = count == 1 ? e.getMessage() : count + " errors; the first: " + e.getMessage();
    return new Problem(422, detail, errors, e.omitted(), Map.of());
  }

  /** The same problem with one more header, or another value of it. */
  public Problem with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Problem(status, detail, errors, moreErrors, more);
  }

  /** This problem, to be thrown. */
  public Thrown thrown() {
    return new Thrown(this);
  }

  /** A problem on its way to the client. */
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
    return AnswerJson.bytes(
        new Body("about:blank", HttpStatus.getMessage(status), status, detail, errors, moreErrors));
  }
}
