package io.tallystick.service.query;

import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.answer.Verification;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a log or a range of it. Needs no index, so that it works where none can be used. Safe
 * for any number of threads.
 */
public final class VerifyService {
  private final LogReader log;
  private final LogVerifier verifier;

  /** For a process that has nothing else to do. */
  public VerifyService(LogReader log) {
    this(log, new LogVerifier(log));
  }

  public VerifyService(LogReader log, LogVerifier verifier) {
    this.log = log;
    this.verifier = verifier;
  }

  /** What to verify, with what the log itself says about its keys. */
  public VerifyRequest request(VerifyQuery query) throws IOException {
    return request(query, List.of(), null, List.of());
  }

  /**
   * What to verify. A range that begins after the log's end is a fault, not an empty range: a log
   * whose end was cut off looks like that.
   *
   * @param keys that must have signed the newest checkpoint; empty for those of the log
   * @param earlier checkpoint that the log must continue; may be {@code null}
   * @param authorities certificates that timestamps must lead to; empty to check their signatures
   *     alone
   * @throws LogException.Removed if retention removed the first entry
   */
  public VerifyRequest request(
      VerifyQuery query,
      List<VerifierKey> keys,
      @Nullable SignedNote earlier,
      List<X509Certificate> authorities)
      throws IOException {
    Long startId = query.startId();
    Long endId = query.endId();
    if (startId != null && endId == null && startId > log.lastId()) {
      endId = startId;
    }
    if (startId != null) {
      log.checkNotRemoved(startId);
    }
    return new VerifyRequest(
        startId, endId, query.strict(), query.quick(), keys, earlier, authorities);
  }

  /**
   * Verifies.
   *
   * @param progress called from time to time; may be {@code null}
   */
  public Verification verify(VerifyRequest request, VerifyReport.@Nullable Progress progress)
      throws IOException, InterruptedException {
    return Verification.of(verifier.verify(request, progress));
  }
}
