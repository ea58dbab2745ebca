package io.tallystick.cli.terminal;

/** How a command shows its answer. */
public enum Format {
  /** Aligned columns for a person. */
  table,
  /** The server's own answer. */
  json,
  /** Rows with a head, for a spreadsheet. */
  csv
}
