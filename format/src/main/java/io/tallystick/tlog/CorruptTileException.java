package io.tallystick.tlog;

import java.io.IOException;

/** Tiles that were read but do not lead to the root that is known: they were altered or damaged. */
public final class CorruptTileException extends IOException {
  /** What was found, and where. */
  public CorruptTileException(String message) {
    super(message);
  }
}
