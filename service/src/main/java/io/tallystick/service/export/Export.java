package io.tallystick.service.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.query.Answer;
import io.tallystick.service.query.EntryBatch;
import io.tallystick.service.query.EntryJson;
import io.tallystick.service.query.Timestamps;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All entries that match a question, read while they are written, in a format of {@code GET
 * /api/audit/export}. Memory does not depend on how many there are.
 */
public final class Export implements CountedAnswer {
  /** How entries are written. */
  private interface Format {
    void begin(OutputStream out) throws IOException;

    void entry(OutputStream out, StoredEntry entry) throws IOException;

    void end(OutputStream out) throws IOException;
  }

  private final LogReader log;
  private final AuditIndex index;
  private final AuditQuery question;
  private final String contentType;
  private final Format format;
  private long entries;

  private Export(
      LogReader log, AuditIndex index, AuditQuery question, String contentType, Format format) {
    this.log = log;
    this.index = index;
    this.question = question;
    this.contentType = contentType;
    this.format = format;
  }

  static Export of(LogReader log, AuditIndex index, AuditQuery question, String format) {
    return switch (format) {
      case "ndjson" -> new Export(log, index, question, "application/x-ndjson", new Lines());
      case "csv" -> new Export(log, index, question, "text/csv; charset=utf-8", new CsvFormat());
      case "json" -> new Export(log, index, question, Answer.JSON, new Json());
      default -> throw new IllegalArgumentException("no format \"" + format + "\"");
    };
  }

  @Override
  public String contentType() {
    return contentType;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException, InterruptedException {
    format.begin(out);
    List<Long> ids = new ArrayList<>(EntryBatch.MAX);
    index.forEachMatch(
        question,
        id -> {
          ids.add(id);
          if (ids.size() == EntryBatch.MAX) {
            write(out, ids);
          }
          return true;
        });
    write(out, ids);
    format.end(out);
  }

  @Override
  public long entries() {
    return entries;
  }

  private void write(OutputStream out, List<Long> ids) throws IOException {
    for (StoredEntry entry : EntryBatch.read(log, ids)) {
      format.entry(out, entry);
      entries++;
    }
    ids.clear();
  }

  /** The exact bytes, an entry a line. */
  private static final class Lines implements Format {
    @Override
    public void begin(OutputStream out) {}

    @Override
    public void entry(OutputStream out, StoredEntry entry) throws IOException {
      out.write(entry.bytes());
      out.write('\n');
    }

    @Override
    public void end(OutputStream out) {}
  }

  /** A JSON array of entries as the list has them. */
  private static final class Json implements Format {
    private boolean any;

    @Override
    public void begin(OutputStream out) throws IOException {
      out.write('[');
    }

    @Override
    public void entry(OutputStream out, StoredEntry entry) throws IOException {
      out.write(any ? new byte[] {',', '\n'} : new byte[] {'\n'});
      any = true;
      try (JsonGenerator generator = EntryJson.generator(out)) {
        EntryJson.write(generator, entry);
      }
    }

    @Override
    public void end(OutputStream out) throws IOException {
      out.write("\n]\n".getBytes(UTF_8));
    }
  }

  /** CSV with a line of names. */
  private static final class CsvFormat implements Format {
    @Override
    public void begin(OutputStream out) throws IOException {
      out.write(Csv.line(Csv.ENTRY).getBytes(UTF_8));
    }

    @Override
    public void entry(OutputStream out, StoredEntry stored) throws IOException {
      Entry entry = stored.decode();
      Event event = entry.event();
      String line =
          Csv.line(
              cells(
                  entry.id(),
                  Timestamps.text(entry.timestamp()),
                  event.eventType(),
                  event.actorId(),
                  event.actorUsername(),
                  event.actorIp(),
                  event.userAgent(),
                  event.targetType(),
                  event.targetId(),
                  EntryJson.action(event),
                  event.occurredAt(),
                  event.requestId(),
                  entry.source(),
                  event.details(),
                  entry.previousHash(),
                  stored.hash()));
      out.write(line.getBytes(UTF_8));
    }

    private static List<String> cells(@Nullable Object... values) {
      return Arrays.stream(values).map(value -> value == null ? "" : value.toString()).toList();
    }

    @Override
    public void end(OutputStream out) {}
  }
}
