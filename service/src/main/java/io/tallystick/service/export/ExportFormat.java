package io.tallystick.service.export;

import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.query.Parameters;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The formats of an export. */
public enum ExportFormat {
  /** An entry a line: with its personal values, or its exact bytes. */
  NDJSON("application/x-ndjson"),
  /** CSV with a line of names. */
  CSV("text/csv; charset=utf-8"),
  /** A JSON array of entries as the list has them. */
  JSON("application/json"),
  /** A zip with the entries, a proof for each, and the checkpoint. */
  BUNDLE("application/zip");

  private static final List<String> NAMES =
      Arrays.stream(values()).map(ExportFormat::toString).toList();

  private final String contentType;

  ExportFormat(String contentType) {
    this.contentType = contentType;
  }

  /** The format that the parameter {@code format} names; NDJSON if it is not given. */
  public static ExportFormat of(Parameters given) {
    String name = given.word("format", NAMES);
    return name == null ? NDJSON : valueOf(name.toUpperCase(Locale.ROOT));
  }

  /**
   * Whether {@code values} asks for the exact bytes, which have commitments in place of personal
   * values.
   *
   * @throws io.tallystick.service.InvalidParameterException if this format has only values
   */
  public boolean isExact(Parameters given) {
    String values = given.word("values", List.of("readable", "commitments"));
    boolean exact = "commitments".equals(values);
    if (exact && !mayBeExact()) {
      throw new InvalidParameterException(
          "values", "values=commitments needs format ndjson or bundle, but format was " + this);
    }
    return exact;
  }

  /** Whether this format can have the exact bytes of entries. */
  public boolean mayBeExact() {
    return this == NDJSON || this == BUNDLE;
  }

  public String contentType() {
    return contentType;
  }

  /** The name as parameters and options have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
