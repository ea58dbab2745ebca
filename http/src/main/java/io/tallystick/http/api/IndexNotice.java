package io.tallystick.http.api;

import io.javalin.http.Context;
import io.tallystick.index.IndexStatus;
import io.tallystick.service.query.LogView;
import java.io.IOException;

/**
 * The header {@code Tallystick-Index}, which an answer from the index has while something keeps the
 * index from following the log: {@code behind; indexed-through=N; answered-through=M}. Without it
 * an answer knows every entry that was acknowledged before the question. Whoever sees a part of the
 * log is told {@code behind} alone.
 */
final class IndexNotice {
  static final String HEADER = "Tallystick-Index";

  private IndexNotice() {}

  /** Adds the header to an answer that is computed and not sent yet, if it is needed. */
  static void add(Context request, LogView view) throws IOException {
    IndexStatus status = view.indexStatus();
    if (status.isDegraded() && !view.isWhole()) {
      request.header(HEADER, "behind");
    } else if (status.isDegraded()) {
      request.header(
          HEADER,
          "behind; indexed-through="
              + status.indexedThrough()
              + "; answered-through="
              + status.answeredThrough());
    }
  }
}
