package io.tallystick.ingest.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A table whose rows are read in the order of their numbers. Used by one thread. */
public final class SqliteTable {
  /** Largest row that is read, in bytes. */
  static final int MAX_ROW_BYTES = 16 << 20;

  private static final int LEAF = 0x0d;
  private static final int INTERIOR = 0x05;
  private static final int FILE_HEADER_BYTES = 100;
  private static final int MAX_DEPTH = 40;

  /** Receives rows. */
  @FunctionalInterface
  public interface Receiver {
    /**
     * A row.
     *
     * @param values in the order of the columns: a Long, Double, String or byte array each, or
     *     {@code null}. There may be fewer than columns, if those were added later
     */
    void row(long rowid, List<@Nullable Object> values) throws IOException, InterruptedException;
  }

  private final SqliteFile file;
  private final long root;
  private final TableColumns columns;

  SqliteTable(SqliteFile file, long root, TableColumns columns) {
    this.file = file;
    this.root = root;
    this.columns = columns;
  }

  /** The table of all tables. */
  static SqliteTable schema(SqliteFile file) {
    return new SqliteTable(
        file, 1, new TableColumns(List.of("type", "name", "tbl_name", "rootpage", "sql"), -1));
  }

  /** The names of its columns. */
  public List<String> columns() {
    return columns.names();
  }

  /** Receives a row where nothing else than reading can be interrupted. */
  @FunctionalInterface
  interface Quick {
    void row(long rowid, List<@Nullable Object> values);
  }

  void forEach(Quick receiver) throws IOException {
    try {
      read(0, receiver::row);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nothing waits here", e);
    }
  }

  /**
   * Reads the rows whose number is larger than this one.
   *
   * @throws SqliteException if the file is damaged; the rows before that were received
   */
  public void read(long after, Receiver receiver) throws IOException, InterruptedException {
    new Walk(after, receiver).page(root, 0);
  }

  /** One pass over the rows. */
  private final class Walk {
    private final long after;
    private final Receiver receiver;
    private long last = Long.MIN_VALUE;
    private int pages;

    Walk(long after, Receiver receiver) {
      this.after = after;
      this.receiver = receiver;
    }

    void page(long number, int depth) throws IOException, InterruptedException {
      if (depth > MAX_DEPTH || ++pages > file.pages()) {
        throw damaged("its pages lead to each other");
      }
      ByteBuffer page = file.page(number);
      int header = number == 1 ? FILE_HEADER_BYTES : 0;
      int type = page.get(header);
      int cells = page.getShort(header + 3) & 0xffff;
      int pointers = header + (type == INTERIOR ? 12 : 8);
      if ((type != LEAF && type != INTERIOR) || pointers + 2 * cells > page.capacity()) {
        throw damaged("page " + number + " is no page of a table");
      }
      for (int i = 0; i < cells; i++) {
        int cell = page.getShort(pointers + 2 * i) & 0xffff;
        if (cell + 4 > page.capacity()) {
          throw damaged("a cell of page " + number + " is outside of it");
        }
        if (type == LEAF) {
          row(page, cell);
        } else if (new Varint(page, cell + 4).value > after) {
          // The key is the largest row number below the child.
          page(page.getInt(cell) & 0xffffffffL, depth + 1);
        }
      }
      if (type == INTERIOR) {
        page(page.getInt(header + 8) & 0xffffffffL, depth + 1);
      }
    }

    private void row(ByteBuffer page, int cell) throws IOException, InterruptedException {
      Varint length = new Varint(page, cell);
      Varint rowid = new Varint(page, length.end);
      if (rowid.value <= last) {
        throw damaged("row " + rowid.value + " comes after row " + last);
      }
      last = rowid.value;
      if (rowid.value > after) {
        receiver.row(rowid.value, values(rowid.value, payload(page, rowid.end, length.value)));
      }
    }
  }

  private static SqliteException damaged(String why) {
    return new SqliteException("is damaged: " + why);
  }

  /** All of a row, also what is on pages of its own. */
  private byte[] payload(ByteBuffer page, int from, long length) throws IOException {
    if (length < 0 || length > MAX_ROW_BYTES) {
      throw damaged("a row has %,d bytes; at most %,d are read".formatted(length, MAX_ROW_BYTES));
    }
    int usable = file.usableBytes();
    int total = (int) length;
    int local = total;
    if (total > usable - 35) {
      int least = (usable - 12) * 32 / 255 - 23;
      int some = least + (total - least) % (usable - 4);
      local = some <= usable - 35 ? some : least;
    }
    if (from + local + (local < total ? 4 : 0) > page.capacity()) {
      throw damaged("a row ends outside of its page");
    }
    byte[] payload = new byte[total];
    page.get(from, payload, 0, local);
    long next = local < total ? page.getInt(from + local) & 0xffffffffL : 0;
    for (int at = local; at < total; ) {
      ByteBuffer overflow = file.page(next);
      int count = Math.min(total - at, usable - 4);
      overflow.get(4, payload, at, count);
      next = overflow.getInt(0) & 0xffffffffL;
      at += count;
    }
    return payload;
  }

  private List<@Nullable Object> values(long rowid, byte[] payload) throws IOException {
    ByteBuffer record = ByteBuffer.wrap(payload);
    Varint header = new Varint(record, 0);
    if (header.value < 1 || header.value > payload.length) {
      throw damaged("row " + rowid + " has no header");
    }
    List<@Nullable Object> values = new ArrayList<>();
    int at = (int) header.value;
    int type = header.end;
    while (type < header.value) {
      Varint serial = new Varint(record, type);
      type = serial.end;
      long size = size(serial.value);
      if (size < 0 || at + size > payload.length) {
        throw damaged("a value of row " + rowid + " ends outside of the row");
      }
      Object value = value(record, at, serial.value, (int) size);
      values.add(values.size() == columns.rowid() && value == null ? (Object) rowid : value);
      at += (int) size;
    }
    return values;
  }

  private static long size(long serial) {
    return switch ((int) Math.min(serial, 12)) {
      case 0, 8, 9 -> 0;
      case 1, 2, 3, 4 -> serial;
      case 5 -> 6;
      case 6, 7 -> 8;
      case 12 -> (serial - 12) / 2;
      default -> -1;
    };
  }

  private @Nullable Object value(ByteBuffer record, int at, long serial, int size) {
    if (serial >= 12) {
      byte[] bytes = new byte[size];
      record.get(at, bytes);
      return serial % 2 == 0 ? bytes : new String(bytes, file.charset());
    }
    if (serial == 0) {
      return null;
    }
    if (serial == 7) {
      return record.getDouble(at);
    }
    if (serial >= 8) {
      return serial - 8;
    }
    long number = record.get(at);
    for (int i = 1; i < size; i++) {
      number = number << 8 | (record.get(at + i) & 0xff);
    }
    return number;
  }

  /** A number in as few bytes as it needs, and where what follows begins. */
  private static final class Varint {
    final long value;
    final int end;

    Varint(ByteBuffer bytes, int from) throws SqliteException {
      long number = 0;
      int at = from;
      for (int i = 0; ; i++) {
        if (at >= bytes.capacity()) {
          throw damaged("a number ends outside of its page");
        }
        int b = bytes.get(at++) & 0xff;
        if (i == 8) {
          number = number << 8 | b;
          break;
        }
        number = number << 7 | (b & 0x7f);
        if (b < 0x80) {
          break;
        }
      }
      value = number;
      end = at;
    }
  }
}
