package io.tallystick.service.erasure;

import io.tallystick.service.retention.LegalHold;
import io.tallystick.tlog.Quoted;
import java.util.List;

/** Entries whose values should be erased are under a legal hold; nothing was erased. */
public final class HeldException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HeldException(List<LegalHold> holds) {
    super(message(holds));
  }

  private static String message(List<LegalHold> holds) {
    LegalHold first = holds.getFirst();
    return "nothing was erased: legal hold "
        + first.id()
        + " keeps entries "
        + first.firstId()
        + " to "
        + first.lastId()
        + " ("
        + Quoted.of(first.reason())
        + ")"
        + (holds.size() > 1 ? ", and so do " + (holds.size() - 1) + " others" : "")
        + ". Release it, or name other entries with ids";
  }
}
