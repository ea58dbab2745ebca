package io.tallystick.http.wire;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Bodies that are read bit by bit and never in memory as a whole. */
public final class LargeBody {
  /** Longest body in bytes. */
  public static final long MAX_BYTES = 64L << 30;

  private static final Duration TIMEOUT = Duration.ofHours(2);

  private LargeBody() {}

  /**
   * The body of the request as it arrives; used by the request's own thread. Reading it fails if it
   * has more than {@link #MAX_BYTES}, takes more than two hours, or comes too slowly.
   */
  public static InputStream of(Context request) throws IOException {
    return new PacedStream(request, TIMEOUT, MAX_BYTES);
  }
}
