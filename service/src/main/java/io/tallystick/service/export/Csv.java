package io.tallystick.service.export;

import java.util.List;
import java.util.stream.Collectors;

/**
 * CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe before it.
 */
public final class Csv {
  /** The names of an entry's fields, in the order in which they are written. */
  public static final List<String> ENTRY =
      List.of(
          "id",
          "timestamp",
          "event_type",
          "actor_id",
          "actor_username",
          "actor_ip",
          "user_agent",
          "target_type",
          "target_id",
          "action",
          "occurred_at",
          "request_id",
          "source",
          "details",
          "previous_hash",
          "hash");

  private Csv() {}

  /** A line, with the CR LF that ends it. */
  public static String line(List<String> cells) {
    return cells.stream().map(Csv::cell).collect(Collectors.joining(",", "", "\r\n"));
  }

  private static String cell(String text) {
    boolean formula = !text.isEmpty() && "=+-@\t\r\n".indexOf(text.charAt(0)) >= 0;
    String safe = formula ? "'" + text : text;
    boolean plain = safe.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? safe : "\"" + safe.replace("\"", "\"\"") + "\"";
  }
}
