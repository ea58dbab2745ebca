package io.tallystick.cli.terminal;

/** How a command shows its answer. */
public enum Format {
  /** Aligned columns for a person. */
  table,
  /** The answer of the HTTP API. */
  json,
  /** Rows below a header line, for a spreadsheet. */
  csv
}
