package io.tallystick.service.export;

import io.tallystick.index.AuditQuery;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.query.IndexedCheck;
import io.tallystick.service.query.LogView;
import java.io.IOException;

/**
 * Exports of all entries of a view that match a query, in any format. Knows no HTTP: the server and
 * the command line on a data directory use the same class. Safe for any number of threads.
 */
public final class ExportService {
  private final LogView view;

  public ExportService(LogView view) {
    this.view = view;
  }

  /**
   * All entries that match, in the format that is asked for.
   *
   * @param commitments whether it has the exact bytes of entries and nothing of personal values
   * @throws InvalidParameterException if it is a bundle, and there is no checkpoint yet; or if the
   *     index has not what the query needs
   */
  public CountedAnswer export(AuditQuery query, ExportFormat format, boolean commitments)
      throws IOException {
    IndexedCheck.check(view, query);
    if (format != ExportFormat.BUNDLE) {
      return Export.of(view, query, format, commitments);
    }
    if (!view.isSealed()) {
      throw new InvalidParameterException(
          "format", "format can't be bundle yet: the log has no checkpoint to prove under");
    }
    return new EvidenceBundle(view, query, !commitments);
  }
}
