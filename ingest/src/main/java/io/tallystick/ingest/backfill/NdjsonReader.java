package io.tallystick.ingest.backfill;

import java.io.IOException;
import java.io.InputStream;

/** Reads JSON, one record on each line; a line that is none is kept raw. */
final class NdjsonReader extends StreamReader {
  @Override
  void read(InputStream in, Delivery delivery) throws IOException, InterruptedException {
    Lines lines = new Lines(in);
    for (SourceRecord.Content line = lines.next(true); line != null; line = lines.next(true)) {
      if (!Lines.isBlank(line)) {
        delivery.record(line, null, "line " + lines.number());
      }
    }
  }
}
