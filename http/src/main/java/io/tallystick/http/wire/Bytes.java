package io.tallystick.http.wire;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;

/** Answers that are bytes of the log, not JSON: notes, proofs, tiles, entries. */
public final class Bytes {
  /** The media type of bytes. */
  public static final String BINARY = "application/octet-stream";

  /** The media type of notes and proofs. */
  public static final String TEXT = "text/plain; charset=utf-8";

  private Bytes() {}

  /** Answers with these bytes; the answer to HEAD has no body. */
  public static void answer(Context request, String contentType, byte[] bytes) {
    request.contentType(contentType);
    if (!request.method().equals(HandlerType.HEAD)) {
      request.result(bytes);
    }
  }
}
