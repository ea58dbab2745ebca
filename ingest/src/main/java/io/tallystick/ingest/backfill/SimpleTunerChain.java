package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.sqlite.SqliteFile;
import io.tallystick.ingest.sqlite.SqliteTable;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * SimpleTuner's own chain: each entry has the hash of the one before it, and an HMAC-SHA-256 over
 * time, type, actor id, action, details and that hash. What it can't show is in the numbers: ids
 * are given once, so one that is missing was deleted, also at the end. Used by one thread.
 */
final class SimpleTunerChain {
  private static final String GENESIS = "genesis";
  private static final String SEQUENCE = "sqlite_sequence";
  private static final List<String> HASHED =
      List.of("timestamp", "event_type", "actor_id", "action", "details", "previous_hash");
  private static final int MAX_LISTED = 100;

  private final @Nullable Mac mac;
  private final ArrayNode broken = JsonRecords.JSON.createArrayNode();
  private long entries;
  private long brokenCount;
  private long hashFaults;
  private long firstId;
  private long lastId;
  private long missing;
  private long missingAtEnd;
  private String expected = GENESIS;

  private SimpleTunerChain(byte @Nullable [] key) {
    this.mac = key == null ? null : mac(key);
  }

  private static Mac mac(byte[] key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
    }
  }

  /**
   * Checks all entries.
   *
   * @param key that the hashes were made with; {@code null} to check only that they follow each
   *     other
   */
  static SimpleTunerChain check(SqliteFile file, SqliteTable table, byte @Nullable [] key)
      throws IOException, InterruptedException {
    SimpleTunerChain chain = new SimpleTunerChain(key);
    List<String> columns = table.columns();
    table.read(
        Long.MIN_VALUE,
        (rowid, values) -> chain.add(rowid, SimpleTunerReader.row(columns, values)));
    chain.missingAtEnd = Math.max(0, lastGiven(file) - chain.lastId);
    return chain;
  }

  /** The last id that SQLite gave to an entry of the table, there or not; 0 if it is not known. */
  private static long lastGiven(SqliteFile file) throws IOException, InterruptedException {
    SqliteTable sequence = file.find(SEQUENCE);
    long[] given = {0};
    if (sequence != null) {
      sequence.read(
          Long.MIN_VALUE,
          (rowid, values) -> {
            if (values.size() > 1
                && SimpleTunerReader.TABLE.equals(values.get(0))
                && values.get(1) instanceof Long last) {
              given[0] = last;
            }
          });
    }
    return given[0];
  }

  private void add(long id, Map<String, Object> row) {
    if (entries == 0) {
      firstId = id;
      missing = Math.max(0, id - 1);
    } else {
      missing += id - lastId - 1;
    }
    entries++;
    lastId = id;
    String previous = text(row, "previous_hash");
    if (!previous.equals(expected)) {
      fault(id, "previous_hash is not the hash of the entry before", expected, previous);
    }
    String hash = text(row, "entry_hash");
    String computed = computed(row);
    if (computed != null
        && !MessageDigest.isEqual(computed.getBytes(UTF_8), hash.getBytes(UTF_8))) {
      hashFaults++;
      // The right hash would help whoever altered the entry to finish that.
      fault(id, "entry_hash does not belong to what the entry says", null, hash);
    }
    expected = hash;
  }

  private @Nullable String computed(Map<String, Object> row) {
    if (mac == null) {
      return null;
    }
    StringBuilder hashed = new StringBuilder();
    for (String column : HASHED) {
      hashed.append(hashed.isEmpty() ? "" : "|").append(text(row, column));
    }
    return HexFormat.of().formatHex(mac.doFinal(hashed.toString().getBytes(UTF_8)));
  }

  /** As Python writes it. */
  private static String text(Map<String, Object> row, String column) {
    Object value = row.get(column);
    return value == null ? "None" : value.toString();
  }

  private void fault(long id, String what, @Nullable String wanted, String found) {
    brokenCount++;
    if (broken.size() < MAX_LISTED) {
      ObjectNode fault = broken.addObject().put("id", id).put("problem", what);
      if (wanted != null) {
        fault.put("expected", wanted);
      }
      fault.put("found", found);
    }
  }

  /** How many entries there are. */
  long entries() {
    return entries;
  }

  /** Whether something is wrong. */
  boolean isBroken() {
    return brokenCount > 0 || missing > 0 || missingAtEnd > 0;
  }

  /** What was found, in a sentence. */
  String sentence() {
    String hashes =
        mac == null ? "; its hashes were not checked, because there is no audit.key" : "";
    if (!isBroken()) {
      return "SimpleTuner's own chain of %,d entries is whole%s".formatted(entries, hashes);
    }
    StringBuilder what = new StringBuilder();
    if (brokenCount > 0) {
      what.append(
          "%,d %s, the first at id %s (%s)"
              .formatted(
                  brokenCount,
                  brokenCount == 1 ? "fault" : "faults",
                  broken.path(0).path("id").asText(),
                  broken.path(0).path("problem").asText()));
    }
    if (missing + missingAtEnd > 0) {
      what.append(what.isEmpty() ? "" : "; ")
          .append(
              "%,d deleted %s, %,d of them at the end"
                  .formatted(
                      missing + missingAtEnd,
                      missing + missingAtEnd == 1 ? "entry" : "entries",
                      missingAtEnd));
    }
    if (mac != null && hashFaults == entries) {
      hashes = "; no hash belongs to the key, which may be another one";
    }
    return "SimpleTuner's own chain is broken: " + what + hashes;
  }

  /** What an event says of it. */
  ObjectNode details(String file) {
    ObjectNode details = JsonRecords.JSON.createObjectNode();
    details
        .put("format", "simpletuner")
        .put("file", file)
        .put("entries", entries)
        .put("first_id", firstId)
        .put("last_id", lastId)
        .put("last_hash", entries == 0 ? "" : expected)
        .put("chain", isBroken() ? "broken" : "valid")
        .put("hashes_checked", mac != null);
    if (isBroken()) {
      details
          .put("faults", brokenCount)
          .put("missing", missing)
          .put("missing_at_end", missingAtEnd);
    }
    return details;
  }

  /** The first faults. */
  ArrayNode faults() {
    return broken.deepCopy();
  }
}
