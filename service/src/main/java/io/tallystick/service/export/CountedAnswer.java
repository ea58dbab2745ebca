package io.tallystick.service.export;

import java.io.IOException;
import java.io.OutputStream;

/**
 * An export that is read from the log while it is written, and counts its entries. Used once, by
 * one thread.
 */
public interface CountedAnswer {
  /** The media type of what is written. */
  String contentType();

  /**
   * Writes the export. The stream stays open.
   *
   * @throws IOException if the stream fails, or the rest of the log can't be read
   */
  void writeTo(OutputStream out) throws IOException, InterruptedException;

  /** How many entries were written so far. */
  long entries();
}
