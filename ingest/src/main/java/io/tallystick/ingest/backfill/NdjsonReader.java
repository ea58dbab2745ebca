package io.tallystick.ingest.backfill;

import java.io.IOException;
import java.io.InputStream;

/** Reads JSON, one record on each line. */
final class NdjsonReader extends StreamReader {
  private final boolean text;

  /**
   * @param text whether a line that is no JSON object becomes one that has it, for a mapping of
   *     text
   */
  NdjsonReader(boolean text) {
    this.text = text;
  }

  @Override
  void read(InputStream in, Delivery delivery) throws IOException, InterruptedException {
    Lines lines = new Lines(in);
    for (SourceRecord.Content line = lines.next(true); line != null; line = lines.next(true)) {
      if (!Lines.isBlank(line)) {
        delivery.record(text ? line.orTextAsObject() : line, null, "line " + lines.number());
      }
    }
  }
}
