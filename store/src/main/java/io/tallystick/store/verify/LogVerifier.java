package io.tallystick.store.verify;

import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a log from the bytes on disk up: contents, chain, ids and times of its entries, the tree
 * over them and the checkpoints (format.md, Verification). Each verification runs on its caller's
 * thread, with the help of assistants that all verifications of a process share. Safe for any
 * number of threads.
 */
public final class LogVerifier {
  private final LogReader reader;
  private final Assistants assistants;

  /** With an assistant for each core but one. */
  public LogVerifier(LogReader reader) {
    this(reader, VerifierThreads::assist);
  }

  public LogVerifier(LogReader reader, Assistants assistants) {
    this.reader = reader;
    this.assistants = assistants;
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
      VerifyReport report = new RangeVerifier(reader, assistants, progress).verify(request);
      reader.refreshHorizon();
      if (report.valid() || reader.firstId() == first) {
        return report;
      }
      // Retention removed entries meanwhile.
    }
  }
}
