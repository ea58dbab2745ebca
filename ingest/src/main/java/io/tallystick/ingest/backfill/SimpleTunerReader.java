package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.sqlite.SqliteException;
import io.tallystick.ingest.sqlite.SqliteFile;
import io.tallystick.ingest.sqlite.SqliteTable;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads SimpleTuner's {@code audit.db}. Its own chain is checked first. A record has all columns;
 * its position is its id. What the check found is a record before them if something is wrong, and
 * what was read is one behind them, with the last hash: so the chain goes on in the log.
 */
final class SimpleTunerReader implements RecordReader {
  static final String TABLE = "audit_log";

  private static final String PREFIX = "simpletuner:";
  private static final String DETAILS = "details";
  private static final int HASH_DIGITS = 32;
  private static final List<String> NEEDED =
      List.of("id", "timestamp", "event_type", DETAILS, "previous_hash", "entry_hash");

  /** As Python's json.dumps writes. */
  private static final ObjectWriter PYTHON =
      JsonRecords.JSON
          .writer(new PythonSpaces())
          .with(JsonWriteFeature.ESCAPE_NON_ASCII)
          .without(JsonWriteFeature.WRITE_HEX_UPPER_CASE);

  private final @Nullable Path keyFile;

  /**
   * @param keyFile with the key of the hashes; {@code null} for {@code audit.key} beside the
   *     database, if there is one
   */
  SimpleTunerReader(@Nullable Path keyFile) {
    this.keyFile = keyFile;
  }

  @Override
  public FileIdentity identify(Path path, Collection<FileIdentity> known) throws IOException {
    String[] first = {""};
    try (SqliteFile file = SqliteFile.open(path)) {
      SqliteTable table = table(path, file);
      List<String> columns = table.columns();
      table.read(
          Long.MIN_VALUE,
          (rowid, values) -> {
            if (first[0].isEmpty()) {
              first[0] = String.valueOf(row(columns, values).get("entry_hash"));
            }
          });
    } catch (SqliteException e) {
      throw unreadable(path, e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nothing waits here", e);
    }
    return new FileIdentity(0, Sha256.hex(first[0].getBytes(UTF_8)));
  }

  @Override
  public void read(Path path, FileIdentity identity, long after, Receiver receiver)
      throws IOException, InterruptedException {
    String name = String.valueOf(path.getFileName());
    try (SqliteFile file = SqliteFile.open(path)) {
      SqliteTable table = table(path, file);
      SimpleTunerChain chain = SimpleTunerChain.check(file, table, key(path));
      file.checkUnchanged();
      receiver.note(chain.sentence(), chain.isBroken());
      if (chain.isBroken()) {
        ObjectNode details = chain.details(name);
        details.set("broken", chain.faults());
        ObjectNode event = event("import.chain_broken", name, details);
        receiver.record(ready(event.put("outcome", "failure").put("severity", "high"), details));
      }
      List<String> columns = table.columns();
      long[] wanted = {0};
      table.read(
          after,
          (rowid, values) -> {
            wanted[0]++;
            file.checkUnchanged();
            receiver.record(record(rowid, row(columns, values)));
          });
      receiver.doneBefore(chain.entries() - wanted[0]);
      receiver.progress(Files.size(path));
      ObjectNode details = chain.details(name);
      receiver.record(ready(event("import.completed", name, details), details));
    } catch (SqliteException e) {
      throw unreadable(path, e);
    }
  }

  private static UnreadableFileException unreadable(Path path, SqliteException e) {
    return new UnreadableFileException(path + " " + e.getMessage());
  }

  private static SqliteTable table(Path path, SqliteFile file) throws IOException {
    SqliteTable table = file.find(TABLE);
    if (table == null || !table.columns().containsAll(NEEDED)) {
      throw new UnreadableFileException(
          path
              + " is not SimpleTuner's audit.db: it has no table "
              + TABLE
              + " with the columns "
              + String.join(", ", NEEDED));
    }
    return table;
  }

  private byte @Nullable [] key(Path path) throws IOException {
    Path file = keyFile == null ? path.resolveSibling("audit.key") : keyFile;
    return keyFile == null && !Files.isRegularFile(file) ? null : Files.readAllBytes(file);
  }

  /** The values of a row by the names of their columns; those that are NULL are left out. */
  static Map<String, Object> row(List<String> columns, List<@Nullable Object> values) {
    Map<String, Object> row = new LinkedHashMap<>();
    for (int i = 0; i < Math.min(columns.size(), values.size()); i++) {
      Object value = values.get(i);
      if (value != null) {
        row.put(columns.get(i), value);
      }
    }
    return row;
  }

  private static SourceRecord record(long rowid, Map<String, Object> row) {
    ObjectNode tree = JsonRecords.JSON.createObjectNode();
    row.forEach((column, value) -> {
      if (column.equals(DETAILS) && value instanceof String text) {
        putDetails(tree, text);
      } else {
        tree.set(column, JsonRecords.JSON.valueToTree(value));
      }
    });
    String hash = String.valueOf(row.get("entry_hash"));
    String id = PREFIX + rowid + ":" + hash.substring(0, Math.min(hash.length(), HASH_DIGITS));
    return new SourceRecord(new SourceRecord.Tree(tree), id, Math.max(rowid, 0), "entry " + rowid);
  }

  /** As JSON, so that it can be searched; also as text where Python would not write it so again. */
  private static void putDetails(ObjectNode tree, String text) {
    try {
      JsonNode details = JsonRecords.JSON.readTree(text);
      if (details.isObject()) {
        tree.set(DETAILS, details);
        if (!PYTHON.writeValueAsString(details).equals(text)) {
          tree.put("details_text", text);
        }
        return;
      }
    } catch (JsonProcessingException e) {
      // It is kept as the text that it is.
    }
    tree.put(DETAILS, text);
  }

  private static ObjectNode event(String type, String file, ObjectNode details) {
    ObjectNode event = JsonRecords.JSON.createObjectNode();
    event.put("event_type", type).put("target_type", "file").put("target_name", file);
    event.set(DETAILS, details);
    return event;
  }

  /** The same findings have the same id, so that they are in the log once. */
  private static SourceRecord ready(ObjectNode event, ObjectNode details) {
    byte[] hash = Sha256.of(details.toString().getBytes(UTF_8));
    String id =
        PREFIX
            + event.path("event_type").asText()
            + ":"
            + HexFormat.of().formatHex(hash).substring(0, HASH_DIGITS);
    return new SourceRecord(new SourceRecord.Ready(event), id, 0, "the check of its chain");
  }

  /** A space behind each comma and colon. */
  private static final class PythonSpaces extends MinimalPrettyPrinter {
    private static final long serialVersionUID = 1;

    @Override
    public void writeObjectFieldValueSeparator(JsonGenerator out) throws IOException {
      out.writeRaw(": ");
    }

    @Override
    public void writeObjectEntrySeparator(JsonGenerator out) throws IOException {
      out.writeRaw(", ");
    }

    @Override
    public void writeArrayValueSeparator(JsonGenerator out) throws IOException {
      out.writeRaw(", ");
    }
  }
}
