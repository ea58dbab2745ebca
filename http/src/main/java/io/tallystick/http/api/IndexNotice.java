package io.tallystick.http.api;

import io.javalin.http.Context;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.IndexStatus;
import java.io.IOException;

/**
 * The header {@code Tallystick-Index}, which an answer from the index has while something keeps the
 * index from following the log: {@code behind; indexed-through=N; answered-through=M}. Without it
 * an answer knows every entry that was acknowledged before the question.
 */
final class IndexNotice {
  static final String HEADER = "Tallystick-Index";

  private final AuditIndex index;

  IndexNotice(AuditIndex index) {
    this.index = index;
  }

  /** Adds the header to an answer that is computed and not sent yet, if it is needed. */
  void add(Context request) throws IOException {
    IndexStatus status = index.status();
    if (status.isDegraded()) {
      request.header(
          HEADER,
          "behind; indexed-through="
              + status.indexedThrough()
              + "; answered-through="
              + status.answeredThrough());
    }
  }
}
