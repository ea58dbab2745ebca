package io.tallystick.ingest.backfill;

import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The kinds of files that can be imported. */
public enum ImportFormat {
  CLOUDTRAIL("cloudtrail", "json json.gz"),
  AUDITD("auditd", ""),
  JOURNALD("journald", ""),
  PGAUDIT("pgaudit", "csv csv.gz"),
  SIMPLETUNER("simpletuner", "db"),
  NDJSON("auto", "ndjson jsonl json ndjson.gz jsonl.gz json.gz");

  private final String mapping;
  private final String endings;

  ImportFormat(String mapping, String endings) {
    this.mapping = mapping;
    this.endings = endings;
  }

  /** The mapping that is used where none is named. */
  public String mapping() {
    return mapping;
  }

  /** Whether a file in a directory is one of this kind, by its name. */
  public boolean isNameOf(Path file) {
    String name = String.valueOf(file.getFileName());
    return !name.startsWith(".")
        && !name.contains("CloudTrail-Digest")
        && (endings.isEmpty()
            || Stream.of(endings.split(" ", -1)).anyMatch(ending -> name.endsWith("." + ending)));
  }

  /**
   * A reader of this kind.
   *
   * @param chainKey file with the key of SimpleTuner's own chain; {@code null} for the one beside
   *     the database
   * @param text whether NDJSON may have lines of text, for a mapping of them
   */
  public RecordReader reader(@Nullable Path chainKey, boolean text) {
    return switch (this) {
      case CLOUDTRAIL -> new CloudTrailReader();
      case AUDITD -> new AuditdReader();
      case JOURNALD -> new JournaldReader();
      case PGAUDIT -> new PgAuditReader();
      case SIMPLETUNER -> new SimpleTunerReader(chainKey);
      case NDJSON -> new NdjsonReader(text);
    };
  }

  /** Its name on a command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
