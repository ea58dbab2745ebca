package io.tallystick.ingest.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.ingest.sqlite.Python;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimpleTunerReaderTest {
  /** A database with the schema and the chain of SimpleTuner's, and then a statement. */
  private static final String WRITE =
      """
      import hashlib, hmac, json, sqlite3, sys
      path, count, after = sys.argv[1], int(sys.argv[2]), sys.argv[3]
      key = b"k" * 32
      open(path.rsplit("/", 1)[0] + "/audit.key", "wb").write(key)
      c = sqlite3.connect(path)
      c.execute("PRAGMA journal_mode=WAL")
      c.execute('''CREATE TABLE audit_log (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL,
          event_type TEXT NOT NULL, actor_id INTEGER, actor_username TEXT, actor_ip TEXT, target_type TEXT,
          target_id TEXT, action TEXT NOT NULL, details TEXT NOT NULL DEFAULT '{}', previous_hash TEXT NOT NULL,
          entry_hash TEXT NOT NULL)''')
      c.execute("CREATE INDEX idx_audit_timestamp ON audit_log(timestamp)")
      last = "genesis"
      for i in range(count):
          t = "2026-03-04T08:44:%02d.%06d+00:00" % (i % 60, i)
          actor = None if i % 3 == 0 else i
          kind = "auth.login.failed" if i % 2 else "job.submitted"
          details = json.dumps({"n": i, "ü": [1, 1e-05], "s": "a: b, c"} if i % 2 else {"model": "sd"})
          h = hmac.new(key, f"{t}|{kind}|{actor}|act {i}|{details}|{last}".encode(), hashlib.sha256).hexdigest()
          c.execute("INSERT INTO audit_log VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?)",
              (t, kind, actor, None if actor is None else "ann", "203.0.113.5", "job", str(i), f"act {i}", details, last, h))
          last = h
      c.commit()
      if after:
          c.execute(after); c.commit()
      print(last)
      """;

  @TempDir Path directory;

  private Path database(int count, String statement) throws Exception {
    Path path = directory.resolve("audit.db");
    Python.run(WRITE, path.toString(), Integer.toString(count), statement);
    return path;
  }

  @Test
  void everyColumnOfEveryEntryIsKeptInOrderAndTheLastHashAfterThem() throws Exception {
    Path path = directory.resolve("audit.db");
    String last = Python.run(WRITE, path.toString(), "250", "").strip();
    Read read = Read.all(ImportFormat.SIMPLETUNER, path);
    assertThat(read.fault).isFalse();
    assertThat(read.notes).containsExactly("SimpleTuner's own chain of 250 entries is whole");
    assertThat(read.mapped).hasSize(251).noneMatch(mapped -> mapped.isRaw());
    for (int i = 0; i < 250; i++) {
      assertThat(read.valid(i).action()).isEqualTo("act " + i);
      assertThat(read.details(i).path("id").asInt()).isEqualTo(i + 1);
    }
    assertThat(read.event(1).toString())
        .startsWith(
            "{\"event_type\":\"auth.login.failed\",\"outcome\":\"failure\",\"actor_id\":1,"
                + "\"actor_username\":\"ann\",\"actor_ip\":\"203.0.113.5\",\"target_type\":\"job\","
                + "\"target_id\":\"1\",\"action\":\"act 1\","
                + "\"occurred_at\":\"2026-03-04T08:44:01.000001+00:00\"");
    JsonNode details = read.details(1);
    assertThat(details.path("previous_hash")).isEqualTo(read.details(0).path("entry_hash"));
    assertThat(details.path("details").path("n").asInt()).isEqualTo(1);
    assertThat(details.path("details_text").asText())
        .isEqualTo("{\"n\": 1, \"\\u00fc\": [1, 1e-05], \"s\": \"a: b, c\"}");
    assertThat(read.details(0).has("details_text")).isFalse();
    assertThat(read.event(250).path("event_type").asText()).isEqualTo("import.completed");
    assertThat(read.details(250).path("last_hash").asText()).isEqualTo(last);
    assertThat(read.details(250).path("chain").asText()).isEqualTo("valid");
    assertThat(Read.after(ImportFormat.SIMPLETUNER, path, 240).ids())
        .isEqualTo(read.ids().subList(240, 251));
    assertThat(read.ids()).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE audit_log SET action='nothing' WHERE id=5 | 1 fault, the first at id 5 (entry_hash does not belong",
        "UPDATE audit_log SET actor_id=9, entry_hash='00' WHERE id=5 | 2 faults, the first at id 5",
        "DELETE FROM audit_log WHERE id=4 | 1 fault, the first at id 5 (previous_hash is not",
        "DELETE FROM audit_log WHERE id<3 | the first at id 3",
        "DELETE FROM audit_log WHERE id>7 | 3 deleted entries, 3 of them at the end",
        "UPDATE audit_log SET details='{\"a\":1}' WHERE id=10 | 1 fault, the first at id 10",
      })
  void aBrokenChainIsSaidAndRecordedBeforeItsEntries(String statement, String found)
      throws Exception {
    Read read = Read.all(ImportFormat.SIMPLETUNER, database(10, statement));
    assertThat(read.fault).isTrue();
    assertThat(read.notes.getFirst())
        .startsWith("SimpleTuner's own chain is broken: ")
        .contains(found);
    assertThat(read.event(0).path("event_type").asText()).isEqualTo("import.chain_broken");
    assertThat(read.valid(0).eventId()).startsWith("simpletuner:import.chain_broken:");
    assertThat(read.records.getFirst().position()).isZero();
    assertThat(read.details(read.mapped.size() - 1).path("chain").asText()).isEqualTo("broken");
  }

  @Test
  void withoutTheKeyOnlyTheOrderOfTheHashesIsChecked() throws Exception {
    Path path = database(10, "UPDATE audit_log SET action='nothing' WHERE id=5");
    Files.delete(directory.resolve("audit.key"));
    Read read = Read.all(ImportFormat.SIMPLETUNER, path);
    assertThat(read.fault).isFalse();
    assertThat(read.notes.getFirst()).contains("its hashes were not checked");
    assertThat(read.details(10).path("hashes_checked").asBoolean()).isFalse();
  }

  @Test
  void anotherDatabaseIsRefused() throws Exception {
    Path path = directory.resolve("jobs.db");
    Python.run(
        "import sqlite3, sys\nsqlite3.connect(sys.argv[1]).execute('CREATE TABLE audit_log(id, a)')",
        path.toString());
    RecordReader reader = ImportFormat.SIMPLETUNER.reader(null, false);
    assertThatThrownBy(() -> reader.identify(path, List.of()))
        .isInstanceOf(UnreadableFileException.class)
        .hasMessageContaining("jobs.db is not SimpleTuner's audit.db: it has no table audit_log");
    Files.writeString(path, "x".repeat(500));
    assertThatThrownBy(() -> reader.identify(path, List.of()))
        .isInstanceOf(UnreadableFileException.class)
        .hasMessageContaining("jobs.db is no SQLite database");
  }
}
