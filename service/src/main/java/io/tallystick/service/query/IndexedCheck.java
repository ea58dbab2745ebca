package io.tallystick.service.query;

import io.tallystick.index.AuditQuery;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.service.InvalidParameterException;

/** Refuses what an index can't find because it was not told to keep it. */
public final class IndexedCheck {
  private IndexedCheck() {}

  /**
   * Does nothing if the index has what the query needs.
   *
   * @throws InvalidParameterException naming the filter that can't be answered
   */
  public static void check(LogView view, AuditQuery query) {
    IndexedDetails has = view.details();
    if (query.needs().compareTo(has) <= 0) {
      return;
    }
    boolean words = query.needs() == IndexedDetails.TEXT;
    String name = words ? "q" : Parameters.DETAILS + "PATH";
    throw new InvalidParameterException(
        name,
        name
            + " needs an index that the server was told not to keep (--index-details "
            + has
            + "); start it with --index-details "
            + query.needs());
  }
}
