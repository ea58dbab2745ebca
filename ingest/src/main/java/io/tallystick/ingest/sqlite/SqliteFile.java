package io.tallystick.ingest.sqlite;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A database file, as its last committed transaction left it. It may not change while it is read:
 * SQLite's locks are not used, so what has changed is noticed by size and time. Used by one thread.
 */
public final class SqliteFile implements Closeable {
  private static final byte[] MAGIC = "SQLite format 3\0".getBytes(ISO_8859_1);
  private static final int HEADER_BYTES = 100;
  private static final int MIN_PAGE_BYTES = 512;
  private static final long JOURNAL_MAGIC = 0xd9d505f920a163d7L;

  private final Path path;
  private final Path walPath;
  private final PageFile file;
  private final @Nullable WriteAheadLog wal;
  private final Charset charset;
  private final int pageBytes;
  private final int usableBytes;
  private final int pages;
  private final List<Long> stamp;

  private SqliteFile(Path path, PageFile file, ByteBuffer header) throws IOException {
    this.path = path;
    this.file = file;
    this.walPath = beside(path, "-wal");
    int size = header.getShort(16) & 0xffff;
    this.pageBytes = size == 1 ? 1 << 16 : size;
    this.usableBytes = pageBytes - (header.get(20) & 0xff);
    if (pageBytes < MIN_PAGE_BYTES
        || Integer.bitCount(pageBytes) != 1
        || usableBytes < MIN_PAGE_BYTES - 32) {
      throw new SqliteException("is damaged: its pages have " + pageBytes + " bytes");
    }
    this.stamp = stamp();
    this.wal = WriteAheadLog.open(walPath, pageBytes);
    long inFile = Files.size(path) / pageBytes;
    this.pages = wal == null ? (int) Math.min(inFile, Integer.MAX_VALUE) : wal.pages();
    // The newest header may be in the write-ahead log.
    byte[] newest = wal == null ? null : wal.page(1);
    this.charset =
        switch (newest == null ? header.getInt(56) : ByteBuffer.wrap(newest).getInt(56)) {
          case 2 -> UTF_16LE;
          case 3 -> UTF_16BE;
          default -> UTF_8;
        };
  }

  /**
   * Opens a database.
   *
   * @throws SqliteException if it is none, or a transaction is unfinished in it
   */
  public static SqliteFile open(Path path) throws IOException {
    checkJournal(beside(path, "-journal"));
    PageFile file = new PageFile(path);
    try {
      byte[] header;
      try {
        header = file.read(0, HEADER_BYTES);
      } catch (EOFException e) {
        throw new SqliteException("is no SQLite database: it is too short");
      }
      if (!ByteBuffer.wrap(header, 0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
        throw new SqliteException("is no SQLite database");
      }
      return new SqliteFile(path, file, ByteBuffer.wrap(header));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static Path beside(Path path, String ending) {
    return path.resolveSibling(path.getFileName() + ending);
  }

  /** What a transaction that did not finish has left has to be rolled back first. */
  private static void checkJournal(Path journal) throws IOException {
    if (!Files.isRegularFile(journal) || Files.size(journal) < Long.BYTES) {
      return;
    }
    try (PageFile file = new PageFile(journal)) {
      if (ByteBuffer.wrap(file.read(0, Long.BYTES)).getLong() == JOURNAL_MAGIC) {
        throw new SqliteException(
            "has an unfinished transaction ("
                + journal.getFileName()
                + " is beside it); stop what writes to it, and open it once with sqlite3");
      }
    }
  }

  private List<Long> stamp() throws IOException {
    boolean logged = Files.isRegularFile(walPath);
    return List.of(
        Files.size(path),
        Files.getLastModifiedTime(path).toMillis(),
        logged ? Files.size(walPath) : 0,
        logged ? Files.getLastModifiedTime(walPath).toMillis() : 0);
  }

  /**
   * Fails if the file has changed since it was opened.
   *
   * @throws SqliteException if so
   */
  public void checkUnchanged() throws IOException {
    if (!stamp().equals(stamp)) {
      throw new SqliteException(
          "changed while it was read; stop what writes to it, or read a copy, made with sqlite3 FILE"
              + " \".backup COPY\"");
    }
  }

  /**
   * A table by its name.
   *
   * @throws SqliteException if there is none
   */
  public SqliteTable table(String name) throws IOException {
    SqliteTable found = find(name);
    if (found == null) {
      throw new SqliteException("has no table " + name);
    }
    return found;
  }

  /** A table by its name; {@code null} if there is none. */
  public @Nullable SqliteTable find(String name) throws IOException {
    SqliteTable[] found = {null};
    SqliteTable.schema(this)
        .forEach((rowid, values) -> {
          if (values.size() >= 5
              && "table".equals(values.get(0))
              && name.equals(values.get(1))
              && values.get(3) instanceof Long root
              && values.get(4) instanceof String sql) {
            found[0] = new SqliteTable(this, root, TableColumns.parse(sql));
          }
        });
    return found[0];
  }

  Charset charset() {
    return charset;
  }

  int usableBytes() {
    return usableBytes;
  }

  int pages() {
    return pages;
  }

  /** A page, numbered from 1. */
  ByteBuffer page(long number) throws IOException {
    if (number < 1 || number > pages) {
      throw new SqliteException("is damaged: it refers to page " + number + " of " + pages);
    }
    byte[] logged = wal == null ? null : wal.page((int) number);
    try {
      return ByteBuffer.wrap(
          logged == null ? file.read((number - 1) * pageBytes, pageBytes) : logged);
    } catch (EOFException e) {
      throw new SqliteException("is cut off: page " + number + " of " + pages + " is missing");
    }
  }

  @Override
  public void close() throws IOException {
    try (PageFile _ = file) {
      if (wal != null) {
        wal.close();
      }
    }
  }
}
