package io.tallystick.forward.sink;

import java.io.IOException;

/** A setting is missing or wrong. The message names it and says what is allowed. */
public final class SettingException extends IOException {
  private static final long serialVersionUID = 1L;

  public SettingException(String message) {
    super(message);
  }
}
