package io.tallystick.cli;

/** How a command shows its answer. */
enum Format {
  /** Aligned columns for a person. */
  table,
  /** The server's own answer. */
  json,
  /** Rows with a head, for a spreadsheet. */
  csv
}
