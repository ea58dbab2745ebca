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
        + others(holds.size() - 1)
        + ". Release it, or name other entries with ids";
  }

  private static String others(int count) {
    return switch (count) {
      case 0 -> "";
      case 1 -> ", and so does one other hold";
      default -> ", and so do " + count + " others";
    };
  }
}
