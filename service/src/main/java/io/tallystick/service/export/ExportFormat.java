package io.tallystick.service.export;

import io.tallystick.service.query.Parameters;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The formats of an export. */
public enum ExportFormat {
  /** The exact bytes, an entry a line. */
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

  public String contentType() {
    return contentType;
  }

  /** The name as parameters and options have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
