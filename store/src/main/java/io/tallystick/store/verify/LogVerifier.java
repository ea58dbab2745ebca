package io.tallystick.store.verify;

import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a log from the bytes on disk up: contents, chain, ids and times of its entries, the tree
 * over them and the checkpoints (format.md, Verification). All verifications of a process share one
 * thread per core. Safe for any number of threads.
 */
public final class LogVerifier {
  private final LogReader reader;

  public LogVerifier(LogReader reader) {
    this.reader = reader;
  }

  /**
   * Verifies the requested range. Every fault in it is reported, not only the first.
   *
   * @param progress called now and then on this thread; {@code null} for none
   * @throws LogException.Removed if the range begins with an entry that retention removed
   * @throws InterruptedException if this thread was interrupted; the verification ends then
   */
  public VerifyReport verify(VerifyRequest request, VerifyReport.@Nullable Progress progress)
      throws IOException, InterruptedException {
    reader.refreshHorizon();
    while (true) {
      long first = reader.firstId();
      VerifyReport report = new RangeVerifier(reader, progress).verify(request);
      reader.refreshHorizon();
      if (report.valid() || reader.firstId() == first) {
        return report;
      }
      // Retention removed entries meanwhile.
    }
  }
}
