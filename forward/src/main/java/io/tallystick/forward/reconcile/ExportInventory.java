package io.tallystick.forward.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.tlog.Quoted;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An export of a receiver: JSON objects one a line, or CSV (RFC 4180) with a first line of names.
 */
public final class ExportInventory implements Inventory {
  private static final String MARKER = "audit.forward.marker";
  private static final int STRANGER_BYTES = 40;
  private static final int MAX_ROW_CHARACTERS = 16 << 20;

  private final InputStream in;
  private final boolean csv;
  private final Places places;

  private long records;
  private long identified;

  /** The first record that does not say which entry it is: its line, 0 if there is none. */
  private long strangerLine;

  private String stranger = "";

  /** Line of a CSV that is read, and the one that the newest row began with. */
  private long line = 1;

  private long rowLine;

  /**
   * An export.
   *
   * @param in the export, which is closed with this
   * @param csv whether it is CSV, where places are names of columns
   * @param places where records have what is compared
   */
  public ExportInventory(InputStream in, boolean csv, Places places) {
    this.in = in;
    this.csv = csv;
    this.places = places;
  }

  /**
   * Gives every record.
   *
   * @throws InvalidExportException if it can't be read as what it should be, or fewer than half of
   *     its records say which entries they are: then the places are wrong, and whoever believed it
   *     would take everything for missing
   */
  @Override
  public void forEach(Consumer<Held> consumer) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, 64 << 10);
    refuseCompressed(buffered);
    if (csv) {
      rows(new BufferedReader(new InputStreamReader(buffered, UTF_8)), consumer);
    } else {
      Lines.forEachNumbered(
          buffered,
          true,
          (number, line) ->
              places.read(line).ifPresent(held -> give(held, number, line, consumer)));
    }
    if (identified * 2 < records) {
      throw new InvalidExportException(
          ("only %d of %d records have what tells their entry at %s; line %d is the first without,"
                  + " and begins with %s. An export is %s; say with map where each has its id, seq"
                  + " and hash")
              .formatted(
                  identified,
                  records,
                  places.identity(),
                  strangerLine,
                  Quoted.of(stranger),
                  csv ? "CSV with a first line of names" : "JSON objects, one on each line"));
    }
  }

  private static void refuseCompressed(BufferedInputStream in) throws IOException {
    in.mark(2);
    if (in.read() == 0x1f && in.read() == 0x8b) {
      throw new InvalidExportException("the export is compressed with gzip; send it uncompressed");
    }
    in.reset();
  }

  private void give(Held held, long number, byte[] record, Consumer<Held> consumer) {
    records++;
    if (places.identify(held)) {
      identified++;
    } else if (strangerLine == 0) {
      strangerLine = number;
      stranger = new String(record, 0, Math.min(record.length, STRANGER_BYTES), UTF_8);
    }
    consumer.accept(held.at("line " + number));
  }

  private void rows(BufferedReader reader, Consumer<Held> consumer) throws IOException {
    List<String> names = row(reader);
    if (names == null) {
      throw new InvalidExportException("the CSV has no first line with the names of its columns");
    }
    int id = column(names, places.id());
    int seq = column(names, places.seq());
    int hash = column(names, places.hash());
    int body = column(names, places.body());
    for (List<String> row = row(reader); row != null; row = row(reader)) {
      String number = cell(row, id);
      if (number.isEmpty() && row.stream().anyMatch(cell -> cell.contains(MARKER))) {
        continue;
      }
      Held held =
          new Held(
              Places.number(number),
              Places.number(cell(row, seq)),
              cell(row, hash),
              body < 0 ? null : cell(row, body).getBytes(UTF_8));
      give(held, rowLine, String.join(",", row).getBytes(UTF_8), consumer);
    }
  }

  private static int column(List<String> names, @Nullable String name) throws IOException {
    if (name == null) {
      return -1;
    }
    int at = names.indexOf(name);
    if (at < 0) {
      throw new InvalidExportException(
          "the CSV has no column " + name + "; it has " + String.join(", ", names));
    }
    return at;
  }

  private static String cell(List<String> row, int at) {
    return at < 0 || at >= row.size() ? "" : row.get(at);
  }

  /** The next row; {@code null} at the end. */
  private @Nullable List<String> row(BufferedReader reader) throws IOException {
    List<String> row = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    boolean any = false;
    rowLine = line;
    for (int c = reader.read(); c >= 0; c = reader.read()) {
      if (c == '\n') {
        line++;
      }
      if (cell.length() > MAX_ROW_CHARACTERS) {
        throw new InvalidExportException("a cell of the CSV is longer than " + MAX_ROW_CHARACTERS);
      }
      if (quoted) {
        if (c != '"') {
          cell.append((char) c);
          continue;
        }
        reader.mark(1);
        if (reader.read() == '"') {
          cell.append('"');
        } else {
          reader.reset();
          quoted = false;
        }
      } else if (c == '"' && cell.isEmpty()) {
        quoted = true;
        any = true;
      } else if (c == ',') {
        row.add(cell.toString());
        cell.setLength(0);
        any = true;
      } else if (c == '\n') {
        if (any) {
          row.add(cell.toString());
          return row;
        }
        rowLine = line;
      } else if (c != '\r') {
        cell.append((char) c);
        any = true;
      }
    }
    if (quoted) {
      throw new InvalidExportException(
          "the CSV ends within the row of line %d: a quote is not closed".formatted(rowLine));
    }
    if (!any) {
      return null;
    }
    row.add(cell.toString());
    return row;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
