package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads what pgAudit writes into PostgreSQL's log with {@code log_destination = csvlog}. Rows that
 * are none of pgAudit's are passed over. What it says in the message is in {@code audit}, by name.
 */
final class PgAuditReader extends StreamReader {
  /** The columns of PostgreSQL 14 and later; 13 ends after backend_type, 9.6 to 12 before it. */
  private static final List<String> COLUMNS =
      List.of(
          "log_time",
          "user_name",
          "database_name",
          "process_id",
          "connection_from",
          "session_id",
          "session_line_num",
          "command_tag",
          "session_start_time",
          "virtual_transaction_id",
          "transaction_id",
          "error_severity",
          "sql_state_code",
          "message",
          "detail",
          "hint",
          "internal_query",
          "internal_query_pos",
          "context",
          "query",
          "query_pos",
          "location",
          "application_name",
          "backend_type",
          "leader_pid",
          "query_id");

  private static final List<Integer> WIDTHS = List.of(23, 24, 26);

  private static final int MESSAGE = COLUMNS.indexOf("message");
  private static final String MARK = "AUDIT: ";

  private static final List<String> AUDIT =
      List.of(
          "audit_type",
          "statement_id",
          "substatement_id",
          "class",
          "command",
          "object_type",
          "object_name",
          "statement",
          "parameter",
          "rows");

  private static final int MIN_AUDIT = AUDIT.indexOf("statement");

  @Override
  void read(InputStream in, Delivery delivery) throws IOException, InterruptedException {
    CsvRows rows = new CsvRows(in);
    long line = rows.line();
    for (List<@Nullable String> row = rows.next(); row != null; row = rows.next()) {
      if (!WIDTHS.contains(row.size())) {
        throw new Malformed(
            "is no csvlog of PostgreSQL: the row at line %d has %d columns, not 23, 24 or 26"
                .formatted(line, row.size()));
      }
      String message = row.get(MESSAGE);
      if (message != null && message.startsWith(MARK)) {
        ObjectNode tree = tree(row, message);
        delivery.record(new SourceRecord.Tree(tree), id(tree), "line " + line);
      } else {
        delivery.passedOver();
      }
      line = rows.line();
    }
  }

  /** A session is known by when it began and its process, and its lines are numbered. */
  private static @Nullable String id(ObjectNode row) {
    return row.has("session_id") && row.has("session_line_num")
        ? "pgaudit:" + row.path("session_id").asText() + ":" + row.path("session_line_num").asText()
        : null;
  }

  private static ObjectNode tree(List<@Nullable String> row, String message) throws IOException {
    ObjectNode tree = JsonRecords.JSON.createObjectNode();
    ObjectNode audit = JsonRecords.JSON.createObjectNode();
    boolean read = read(message.substring(MARK.length()), audit);
    for (int i = 0; i < row.size(); i++) {
      if (i == MESSAGE && read) {
        tree.set("audit", audit);
      } else if (row.get(i) != null) {
        tree.put(COLUMNS.get(i), row.get(i));
      }
    }
    return tree;
  }

  /** Whether the message is a row as pgAudit writes it. */
  private static boolean read(String message, ObjectNode into) throws IOException {
    List<@Nullable String> values;
    try {
      values = new CsvRows(new ByteArrayInputStream(message.getBytes(UTF_8))).next();
    } catch (EOFException e) {
      return false;
    }
    if (values == null || values.size() < MIN_AUDIT || values.size() > AUDIT.size()) {
      return false;
    }
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) != null) {
        into.put(AUDIT.get(i), values.get(i));
      }
    }
    return true;
  }
}
