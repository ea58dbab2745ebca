package io.tallystick.forward.s3;

import io.tallystick.forward.sink.Outgoing;
import io.tallystick.tlog.Sha256;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What objects are called. A name has the beginning of the SHA-256 of what is in the object, so
 * that the same content has the same name and no other content has it.
 *
 * <pre>
 * 0000000000000000001-0000000000000001000-5f….ndjson.gz    entries, their first and last seq
 * 0000000000000000001-0000000000000001000-c0….proof        what proves them
 * marker-0000000000000000001-77….ndjson.gz                 a marker, its number
 * </pre>
 */
final class ObjectNames {
  private static final String RECORDS = ".ndjson.gz";
  private static final String PROOF = ".proof";
  private static final String MARKER = "marker-";
  private static final int HASH_CHARS = 32;
  private static final int SEQ_CHARS = 19;

  private static final Pattern ENTRIES =
      Pattern.compile("[0-9]{19}-[0-9]{19}-[0-9a-f]{32}\\.ndjson\\.gz");

  private ObjectNames() {}

  /** Of an object with these records. */
  static String of(List<Outgoing> batch, byte[] object) {
    List<Outgoing> entries = batch.stream().filter(out -> !out.marker()).toList();
    String which =
        entries.isEmpty()
            ? MARKER + seq(batch.getFirst().seq())
            : seq(entries.getFirst().seq()) + "-" + seq(entries.getLast().seq());
    return which + "-" + hash(object) + RECORDS;
  }

  /** Of the proof of these objects. */
  static String ofProof(List<String> proved, byte[] proof) {
    return proved.getFirst().substring(0, SEQ_CHARS)
        + "-"
        + proved.getLast().substring(SEQ_CHARS + 1, 2 * SEQ_CHARS + 1)
        + "-"
        + hash(proof)
        + PROOF;
  }

  private static String seq(long seq) {
    return String.format(Locale.ROOT, "%0" + SEQ_CHARS + "d", seq);
  }

  private static String hash(byte[] object) {
    return Sha256.hex(object).substring(0, HASH_CHARS);
  }

  /** Whether an object of this name has records of entries. */
  static boolean holdsEntries(String name) {
    return ENTRIES.matcher(name).matches();
  }

  static boolean isMarker(String name) {
    return name.startsWith(MARKER);
  }

  static boolean isProof(String name) {
    return name.endsWith(PROOF);
  }

  /** Whether this is what an object of this name has to be. */
  static boolean fits(String name, byte[] object) {
    return name.contains("-" + hash(object) + ".");
  }
}
