package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.ingest.mapping.Mapped;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * Makes events of records by mappings, each with an id: the one that the mapping found, or else
 * that of the record. Safe for any number of threads.
 */
public final class Translation {
  /** Of a record that is too large, so many bytes are kept, which stand at its beginning. */
  private static final int KEPT_BYTES = 8_000;

  private static final EventReader.Rules RULES = new EventReader.Rules(1, true, false, Entry.LOCAL);

  private final Mappings mappings;
  private final Kind kind;

  private enum Kind {
    RECORDS,
    EVENTS,
    BOTH
  }

  private Translation(Mappings mappings, Kind kind) {
    this.mappings = mappings;
    this.kind = kind;
  }

  /** What maps records. */
  public Translation(Mappings mappings) {
    this(mappings, Kind.RECORDS);
  }

  /** For records that are events of Tallystick already; one that is none is kept raw. */
  public static Translation ofEvents() {
    return new Translation(new Mappings(List.of()), Kind.EVENTS);
  }

  /** For records that may be events of Tallystick already; what is none is mapped. */
  public static Translation ofEventsAnd(Mappings mappings) {
    return new Translation(mappings, Kind.BOTH);
  }

  /** What becomes of a record. */
  public Mapped translate(SourceRecord record) {
    Mapped mapped =
        switch (record.content()) {
          case SourceRecord.Line line ->
              kind == Kind.RECORDS ? mappings.map(line.bytes()) : event(line.bytes());
          case SourceRecord.Tree(var value) -> mappings.map(value);
          case SourceRecord.Ready(ObjectNode event) -> new Mapped(null, event, List.of(), null);
          case SourceRecord.Oversized oversized ->
              stub(oversized, "it has more than %,d bytes".formatted(oversized.beginning().length));
        };
    return identified(mapped, record);
  }

  /**
   * What becomes of a line without its LF: a JSON object, or a text, into which a mapping can look.
   */
  public Mapped translate(byte[] line) {
    int length = line.length;
    boolean crlf = length > 0 && line[length - 1] == '\r';
    SourceRecord.Line content =
        new SourceRecord.Line(crlf ? Arrays.copyOf(line, length - 1) : line);
    return translate(new SourceRecord(content.orTextAsObject(), null, 0, ""));
  }

  private Mapped event(byte[] bytes) {
    JsonNode json;
    try {
      json = JsonRecords.JSON.readTree(bytes);
    } catch (IOException e) {
      return mappings.map(bytes);
    }
    try {
      var _ = EventReader.readOne(bytes, RULES);
      return new Mapped(null, (ObjectNode) json, List.of(), null);
    } catch (InvalidEventException e) {
      return kind == Kind.BOTH
          ? mappings.map(bytes)
          : mappings.raw(json, String.valueOf(e.getMessage()));
    }
  }

  /** What keeps a record raw: for one that is refused as the event that it became. */
  public Mapped raw(SourceRecord record, String failure) {
    JsonNode content;
    try {
      content =
          switch (record.content()) {
            case SourceRecord.Line line -> JsonRecords.JSON.readTree(line.bytes());
            case SourceRecord.Tree(var value) -> value;
            case SourceRecord.Ready(ObjectNode event) -> event;
            case SourceRecord.Oversized _ -> null;
          };
    } catch (IOException e) {
      content = null;
    }
    return content == null
        ? beginning(record, failure)
        : identified(mappings.raw(content, failure), record);
  }

  /**
   * What keeps the beginning of a record, its length and its hash: for one whose event, as {@link
   * #translate} made it, does not fit into an entry.
   */
  public Mapped beginning(SourceRecord record, String failure) {
    byte[] all =
        switch (record.content()) {
          case SourceRecord.Line line -> line.bytes();
          case SourceRecord.Tree(var value) -> value.toString().getBytes(UTF_8);
          case SourceRecord.Ready(ObjectNode event) -> event.toString().getBytes(UTF_8);
          case SourceRecord.Oversized oversized -> oversized.beginning();
        };
    SourceRecord.Oversized oversized =
        record.content() instanceof SourceRecord.Oversized whole
            ? whole
            : new SourceRecord.Oversized(all, all.length, Sha256.hex(all));
    return identified(stub(oversized, failure), record);
  }

  private static Mapped identified(Mapped mapped, SourceRecord record) {
    if (record.id() != null && !mapped.event().has("event_id")) {
      mapped.event().put("event_id", fitting(record.id()));
    }
    return mapped;
  }

  private static String fitting(String id) {
    byte[] bytes = id.getBytes(UTF_8);
    return bytes.length <= EntryField.EVENT_ID.maxBytes() ? id : "sha256:" + Sha256.hex(bytes);
  }

  private static Mapped stub(SourceRecord.Oversized record, String failure) {
    byte[] beginning = record.beginning();
    String text = new String(beginning, 0, Math.min(beginning.length, KEPT_BYTES), UTF_8);
    ObjectNode event = JsonRecords.JSON.createObjectNode().put("event_type", Mappings.UNMAPPED);
    event
        .putObject("details")
        .put("failure", failure)
        .put("bytes", record.length())
        .put("sha256", record.sha256())
        .put("text", text);
    return new Mapped(null, event, List.of(), failure);
  }
}
