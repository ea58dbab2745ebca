package io.tallystick.service.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.index.AuditQuery;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.EntryViews;
import io.tallystick.service.query.LogView;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.io.OutputStream;

/**
 * All entries that match a query, read while they are written, in a format of {@code GET
 * /api/audit/export}. Memory does not depend on how many there are.
 */
public final class Export implements CountedAnswer {
  /** How entries are written. */
  private interface Format {
    void begin(OutputStream out) throws IOException;

    void entry(OutputStream out, StoredEntry entry) throws IOException;

    void end(OutputStream out) throws IOException;
  }

  private final LogView view;
  private final AuditQuery query;
  private final String contentType;
  private final Format format;
  private long entries;

  private Export(LogView view, AuditQuery query, ExportFormat format, boolean commitments) {
    this.view = view;
    this.query = query;
    this.contentType = format.contentType();
    this.format =
        switch (format) {
          case NDJSON -> commitments ? new Lines() : new ReadableLines(view.entryViews());
          case CSV -> new CsvFormat(view.entryViews());
          case JSON -> new Json(view.entryViews());
          case BUNDLE -> throw new IllegalArgumentException("a bundle is not a list of entries");
        };
  }

  /**
   * The export of all entries that match.
   *
   * @param format any but a bundle
   * @param commitments whether lines are the exact bytes, with commitments in place of personal
   *     values; the other formats always have the values
   */
  static Export of(LogView view, AuditQuery query, ExportFormat format, boolean commitments) {
    return new Export(view, query, format, commitments);
  }

  @Override
  public String contentType() {
    return contentType;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException, InterruptedException {
    format.begin(out);
    view.forEachEntry(
        query,
        entry -> {
          format.entry(out, entry);
          entries++;
        });
    format.end(out);
  }

  @Override
  public long entries() {
    return entries;
  }

  /** The exact bytes, an entry a line. */
  private static class Lines implements Format {
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

  /**
   * Entries with personal values as the list has them, without what is absent; all others exactly.
   */
  private static final class ReadableLines extends Lines {
    private final EntryViews views;

    ReadableLines(EntryViews views) {
      this.views = views;
    }

    @Override
    public void entry(OutputStream out, StoredEntry entry) throws IOException {
      if (entry.personal().isEmpty()) {
        super.entry(out, entry);
      } else {
        out.write(AnswerJson.present(views.of(entry)));
        out.write('\n');
      }
    }
  }

  /** A JSON array of entries as the list has them. */
  private static final class Json implements Format {
    private final EntryViews views;
    private boolean any;

    Json(EntryViews views) {
      this.views = views;
    }

    @Override
    public void begin(OutputStream out) throws IOException {
      out.write('[');
    }

    @Override
    public void entry(OutputStream out, StoredEntry entry) throws IOException {
      out.write(any ? new byte[] {',', '\n'} : new byte[] {'\n'});
      any = true;
      AnswerJson.write(out, views.of(entry));
    }

    @Override
    public void end(OutputStream out) throws IOException {
      out.write("\n]\n".getBytes(UTF_8));
    }
  }

  /** CSV with a line of names. */
  private static final class CsvFormat implements Format {
    private final EntryViews views;

    CsvFormat(EntryViews views) {
      this.views = views;
    }

    @Override
    public void begin(OutputStream out) throws IOException {
      out.write(Csv.line(Csv.ENTRY).getBytes(UTF_8));
    }

    @Override
    public void entry(OutputStream out, StoredEntry stored) throws IOException {
      out.write(Csv.line(Csv.cells(views.of(stored))).getBytes(UTF_8));
    }

    @Override
    public void end(OutputStream out) {}
  }
}
