package io.tallystick.forward;

import java.io.IOException;

/** Something was asked of a sink that needs its receiver, and the sink does not run. */
public final class NotRunningException extends IOException {
  private static final long serialVersionUID = 1L;

  NotRunningException(String sink) {
    super("sink " + sink + " does not run; resume it first");
  }
}
