package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of comma-separated values (RFC 4180), which may span lines. A value that is empty and not
 * quoted is {@code null}. Used by one thread.
 */
final class CsvRows {
  private static final int MAX_ROW_BYTES = 16 << 20;

  private final InputStream in;
  private long line = 1;

  CsvRows(InputStream in) {
    this.in = in;
  }

  /** The line where the next row begins, from 1. */
  long line() {
    return line;
  }

  /** The next row; {@code null} if there is none. */
  @Nullable List<@Nullable String> next() throws IOException {
    List<@Nullable String> row = new ArrayList<>();
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    boolean quoted = false;
    int bytes = 0;
    int b = in.read();
    if (b < 0) {
      return null;
    }
    while (true) {
      if (b == '"') {
        quoted = true;
        b = quoted(value, bytes);
        bytes += value.size();
        continue;
      }
      if (b < 0 || b == ',' || b == '\n') {
        row.add(!quoted && value.size() == 0 ? null : value.toString(UTF_8));
        value.reset();
        quoted = false;
        if (b != ',') {
          line += b == '\n' ? 1 : 0;
          return row;
        }
      } else if (b != '\r') {
        value.write(b);
      }
      if (++bytes > MAX_ROW_BYTES) {
        throw tooLong();
      }
      b = in.read();
    }
  }

  /** Reads to the end of a quoted value, and gives the byte behind it. */
  private int quoted(ByteArrayOutputStream value, int before) throws IOException {
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException();
      }
      if (b == '"') {
        b = in.read();
        if (b != '"') {
          return b;
        }
      }
      line += b == '\n' ? 1 : 0;
      value.write(b);
      if (before + value.size() > MAX_ROW_BYTES) {
        throw tooLong();
      }
    }
  }

  private static StreamReader.Malformed tooLong() {
    return new StreamReader.Malformed("has a row of more than 16 MiB; is a quote missing?");
  }
}
