package io.tallystick.service.export;

import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.util.List;

/**
 * Exports of all entries that match a query, in any format. Knows no HTTP: the server and the
 * command line on a data directory use the same class. Safe for any number of threads.
 */
public final class ExportService {
  private final LogReader log;
  private final AuditIndex index;

  public ExportService(LogReader log, AuditIndex index) {
    this.log = log;
    this.index = index;
  }

  /** All entries that match, in the format that is asked for. */
  public CountedAnswer export(Parameters given) throws IOException {
    String format = given.word("format", List.of("ndjson", "csv", "json", "bundle"));
    AuditQuery question = QueryParser.export(given);
    if ("bundle".equals(format)) {
      SignedCheckpoint under =
          log.tree()
              .newest()
              .orElseThrow(() ->
                  new InvalidParameterException(
                      "format", "format is bundle, and there is no checkpoint to prove under yet"));
      return new EvidenceBundle(log, index, question, under);
    }
    return Export.of(log, index, question, format == null ? "ndjson" : format);
  }
}
