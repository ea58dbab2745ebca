package io.tallystick.service.export;

import io.tallystick.service.answer.EntryView;
import io.tallystick.service.answer.Timestamps;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * CSV (RFC 4180). A cell that a spreadsheet would run as a formula begins with an apostrophe. A
 * cell with a semicolon or a tab is quoted too, because they separate cells in some spreadsheets,
 * and what follows them could then be a formula.
 */
public final class Csv {
  /** The names of an entry's fields, in the order in which they are written. */
  public static final List<String> ENTRY =
      List.of(
          "id",
          "timestamp",
          "event_type",
          "outcome",
          "severity",
          "tenant",
          "actor_type",
          "actor_id",
          "actor_username",
          "actor_ip",
          "user_agent",
          "actor_host",
          "session_id",
          "target_type",
          "target_id",
          "action",
          "target_name",
          "occurred_at",
          "event_id",
          "request_id",
          "trace_id",
          "source",
          "source_seq",
          "altered",
          "details",
          "personal",
          "erased",
          "damaged",
          "previous_hash",
          "hash");

  /** What a formula begins with, full-width signs included: Excel and others read them alike. */
  private static final String FORMULA = "=+-@\t\r\n＝＋－＠";

  private static final String ENDS_A_CELL = ",;\t\"\r\n";

  private Csv() {}

  /** A line, with the CR LF that ends it. */
  public static String line(List<String> cells) {
    return cells.stream().map(Csv::cell).collect(Collectors.joining(",", "", "\r\n"));
  }

  /** The cells of an entry, those of {@link #ENTRY}; what it lacks is empty. */
  public static List<String> cells(EntryView entry) {
    return texts(
        entry.id(),
        Timestamps.text(entry.timestamp()),
        entry.eventType(),
        entry.outcome(),
        entry.severity(),
        entry.tenant(),
        entry.actorType(),
        entry.actorId(),
        entry.actorUsername(),
        entry.actorIp(),
        entry.userAgent(),
        entry.actorHost(),
        entry.sessionId(),
        entry.targetType(),
        entry.targetId(),
        entry.action(),
        entry.targetName(),
        entry.occurredAt(),
        entry.eventId(),
        entry.requestId(),
        entry.traceId(),
        entry.source(),
        entry.sourceSeq(),
        altered(entry),
        entry.details(),
        names(entry.personal()),
        erased(entry),
        names(entry.damaged()),
        entry.previousHash(),
        entry.hash());
  }

  private static @Nullable String names(@Nullable Map<String, ?> values) {
    return values == null ? null : String.join(" ", values.keySet());
  }

  /** Each name with the id of the erasure: {@code actor_username=123}. */
  private static @Nullable String erased(EntryView entry) {
    Map<String, EntryView.ErasedValue> erased = entry.erased();
    if (erased == null) {
      return null;
    }
    return erased.entrySet().stream()
        .map(one -> one.getKey() + "=" + Objects.toString(one.getValue().erasure(), ""))
        .collect(Collectors.joining(" "));
  }

  private static @Nullable String altered(EntryView entry) {
    List<String> altered = entry.altered();
    return altered == null ? null : String.join(" ", altered);
  }

  private static List<String> texts(@Nullable Object... values) {
    return Arrays.stream(values).map(value -> value == null ? "" : value.toString()).toList();
  }

  private static String cell(String text) {
    boolean formula = !text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0;
    String safe = formula ? "'" + text : text;
    boolean plain = safe.chars().noneMatch(c -> ENDS_A_CELL.indexOf(c) >= 0);
    return plain ? safe : "\"" + safe.replace("\"", "\"\"") + "\"";
  }
}
