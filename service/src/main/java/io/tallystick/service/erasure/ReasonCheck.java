package io.tallystick.service.erasure;

import io.tallystick.index.text.Folded;
import io.tallystick.service.InvalidParameterException;

/** Keeps what is erased out of the reason, which the log has for ever. */
final class ReasonCheck {
  private ReasonCheck() {}

  /** Whether a text says a value, as words of its own, in any case. */
  static boolean says(String reason, String value) {
    String text = Folded.of(reason);
    String wanted = Folded.of(value.strip());
    if (wanted.isEmpty()) {
      return false;
    }
    for (int at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
      int end = at + wanted.length();
      boolean begins = at == 0 || !Character.isLetterOrDigit(text.codePointBefore(at));
      boolean ends = end == text.length() || !Character.isLetterOrDigit(text.codePointAt(end));
      if (begins && ends) {
        return true;
      }
    }
    return false;
  }

  static InvalidParameterException refused(String field) {
    return new InvalidParameterException(
        "reason",
        "reason must not contain a value that is erased, but has one of "
            + field
            + "; the log keeps the reason for ever. Name the request by a number instead");
  }
}
