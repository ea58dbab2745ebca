package io.tallystick.service.export;

import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.query.IndexedCheck;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;

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

  /**
   * All entries that match, in the format that is asked for.
   *
   * @throws InvalidParameterException if it is a bundle, and there is no checkpoint yet; or if the
   *     index has not what the query needs
   */
  public CountedAnswer export(AuditQuery query, ExportFormat format) throws IOException {
    IndexedCheck.check(index, query);
    if (format != ExportFormat.BUNDLE) {
      return Export.of(log, index, query, format);
    }
    SignedCheckpoint newest =
        log.tree()
            .newest()
            .orElseThrow(() ->
                new InvalidParameterException(
                    "format",
                    "format can't be bundle yet: the log has no checkpoint to prove under"));
    return new EvidenceBundle(log, index, query, newest);
  }
}
