package io.tallystick.ingest.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SQLite itself, as Python has it, writes what is read here. */
class SqliteFileTest {
  /** Prints each row in a form that does not depend on the language. */
  private static final String WRITE =
      """
      import os, random, shutil, sqlite3, sys
      path, page, encoding, mode, rows = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
      r = random.Random(7)
      c = sqlite3.connect(path, isolation_level=None)
      c.execute("PRAGMA page_size=" + page); c.execute("PRAGMA encoding='" + encoding + "'")
      c.execute("PRAGMA journal_mode=" + mode)
      c.execute('CREATE TABLE other(x); ')
      c.execute('''CREATE TABLE "t" (id INTEGER PRIMARY KEY AUTOINCREMENT, -- the, number
          a TEXT DEFAULT ('x,)'), [b c] BLOB, n NUMERIC(10, 2), UNIQUE (a, id))''')
      c.execute("BEGIN")
      for i in range(rows):
          values = [None, 0, 1, -1, 127, -129, 40000, -8388608, 2**31, -2**40, 2**62, -2**63, 0.5, "", "ü€😀",
                    "y" * r.randrange(3000), b"\\x00\\xff", "z" * (100000 if i == 17 else 5)]
          c.execute("INSERT INTO t(a, [b c], n) VALUES (?, ?, ?)", (r.choice(values), r.choice(values), r.choice(values)))
          if i % 50 == 49:
              c.execute("COMMIT"); c.execute("BEGIN")
      c.execute("DELETE FROM t WHERE id % 7 = 3")
      c.execute("COMMIT")
      def shown(v):
          return "null" if v is None else v.hex() if isinstance(v, bytes) else str(v)
      for row in c.execute("SELECT id, a, [b c], n FROM t ORDER BY id"):
          print("|".join(shown(v) for v in row))
      sys.stdout.flush()
      if mode == "wal":
          c.execute("BEGIN"); c.execute("INSERT INTO t(a) VALUES ('not committed')")
          for end in ("", "-wal"):
              shutil.copy(path + end, path + ".copy" + end)
          os._exit(0)
      """;

  @TempDir Path directory;

  private static String shown(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      default -> value.toString();
    };
  }

  private static List<String> rows(Path path, long after) throws Exception {
    List<String> rows = new ArrayList<>();
    try (SqliteFile file = SqliteFile.open(path)) {
      SqliteTable table = file.table("t");
      assertThat(table.columns()).containsExactly("id", "a", "b c", "n");
      table.read(
          after,
          (rowid, values) ->
              rows.add(String.join("|", values.stream().map(SqliteFileTest::shown).toList())));
      file.checkUnchanged();
    }
    return rows;
  }

  @ParameterizedTest
  @CsvSource({
    "512,  UTF-8,    delete, 400",
    "4096, UTF-16le, delete, 700",
    "4096, UTF-16be, wal,    200",
    "1024, UTF-8,    wal,    700",
    "65536, UTF-8,   delete, 300"
  })
  void everyRowIsRead(String page, String encoding, String mode, String count) throws Exception {
    Path path = directory.resolve("x.db");
    List<String> written =
        Python.run(WRITE, path.toString(), page, encoding, mode, count).lines().toList();
    Path read = mode.equals("wal") ? directory.resolve("x.db.copy") : path;
    assertThat(written).hasSizeGreaterThan(100);
    assertThat(rows(read, 0)).isEqualTo(written);
    List<String> rest =
        written.stream()
            .filter(row -> Long.parseLong(row.substring(0, row.indexOf('|'))) > 100)
            .toList();
    assertThat(rows(read, 100)).isEqualTo(rest);
  }

  @Test
  void whatIsNoDatabaseOrIsUnfinishedIsRefused() throws Exception {
    Path path = directory.resolve("x.db");
    Files.writeString(path, "SQLite");
    assertThatThrownBy(() -> SqliteFile.open(path)).hasMessageContaining("it is too short");
    Files.writeString(path, "not a database".repeat(100));
    assertThatThrownBy(() -> SqliteFile.open(path)).hasMessage("is no SQLite database");
    Files.delete(path);
    Python.run(WRITE, path.toString(), "4096", "UTF-8", "delete", "200");
    Path journal = directory.resolve("x.db-journal");
    Files.write(journal, ByteBuffer.allocate(8).putLong(0xd9d505f920a163d7L).array());
    assertThatThrownBy(() -> SqliteFile.open(path)).hasMessageContaining("unfinished transaction");
    Files.delete(journal);
    try (SqliteFile file = SqliteFile.open(path)) {
      assertThatThrownBy(() -> file.table("none")).hasMessage("has no table none");
      Files.setLastModifiedTime(path, FileTime.fromMillis(1));
      assertThatThrownBy(file::checkUnchanged).hasMessageContaining("changed while it was read");
    }
  }

  /** Whatever bytes are altered, the reader ends, with rows or with a message. */
  @Test
  void aDamagedFileIsSaidToBeOne() throws Exception {
    Path path = directory.resolve("x.db");
    Python.run(WRITE, path.toString(), "512", "UTF-8", "delete", "150");
    byte[] whole = Files.readAllBytes(path);
    Random random = new Random(11);
    int refused = 0;
    for (int i = 0; i < 1_500; i++) {
      byte[] damaged = whole.clone();
      for (int j = 0; j < 1 + random.nextInt(8); j++) {
        int page = random.nextInt(whole.length / 512) * 512;
        damaged[page + random.nextInt(random.nextBoolean() ? 20 : 512)] = (byte) random.nextInt();
      }
      if (i % 5 == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(whole.length));
      }
      Files.write(path, damaged);
      try (SqliteFile file = SqliteFile.open(path)) {
        SqliteTable table = file.find("t");
        if (table != null) {
          table.forEach((rowid, values) -> {});
        }
      } catch (SqliteException e) {
        refused++;
      } catch (IOException e) {
        throw new AssertionError("not a sentence", e);
      }
    }
    assertThat(refused).isGreaterThan(250);
  }
}
