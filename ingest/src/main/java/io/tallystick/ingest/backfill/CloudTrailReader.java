package io.tallystick.ingest.backfill;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads what AWS CloudTrail puts into a bucket: one JSON object with the events in {@code Records}.
 * Holds one record at a time.
 */
final class CloudTrailReader extends StreamReader {
  @Override
  void read(InputStream in, Delivery delivery) throws IOException, InterruptedException {
    boolean found = false;
    try (JsonParser parser = JsonRecords.JSON.createParser(in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw none();
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        if (parser.nextToken() == JsonToken.START_ARRAY && "Records".equals(name)) {
          found = true;
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            JsonNode record = JsonRecords.JSON.readTree(parser);
            delivery.record(new SourceRecord.Tree(record), null, null);
          }
        } else {
          parser.skipChildren();
        }
      }
    }
    if (!found) {
      throw none();
    }
  }

  private static Malformed none() {
    return new Malformed(
        "is no file of CloudTrail: it has no \"Records\"; for one event a line, use --format ndjson"
            + " --map cloudtrail");
  }
}
