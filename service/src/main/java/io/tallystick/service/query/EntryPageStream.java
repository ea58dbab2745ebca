package io.tallystick.service.query;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.Page;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EntryViews;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A page of the entries that match, as the JSON of an {@link EntryPage}. Its first {@value
 * #PORTION_BYTES} bytes of entries are read at once, so that most failures show before anything is
 * written; the rest is read in portions of that size, or of a few entries if those are larger, as
 * it is written. So 500 entries of 64 KiB take no more memory than the page of a client that is
 * slow to read it should. Used by one thread.
 */
public final class EntryPageStream {
  /** Most bytes of a portion of more than {@value #FEW} entries. */
  private static final int PORTION_BYTES = 64 << 10;

  /** So many entries are read at once, however large they are. */
  private static final int FEW = 4;

  private final LogView log;
  private final EntryViews views;
  private final Page page;
  private final boolean ascending;
  private final Deque<StoredEntry> ahead = new ArrayDeque<>();

  /** How many ids of the page were read. */
  private int read;

  /**
   * How many are read next. Looking for a block costs as much as reading it, and it may hold the
   * whole page.
   */
  private int atOnce = EntryBatch.MAX;

  EntryPageStream(LogView log, AuditQuery query, Page page) throws IOException {
    this.log = log;
    this.views = log.entryViews();
    this.page = page;
    this.ascending = query.ascending();
    for (int bytes = 0; bytes < PORTION_BYTES && read < page.ids().size(); ) {
      for (StoredEntry entry : readPortion()) {
        ahead.add(entry);
        bytes += entry.bytes().length;
      }
    }
  }

  private List<StoredEntry> readPortion() throws IOException {
    while (true) {
      int end = Math.min(read + atOnce, page.ids().size());
      long maxBytes = atOnce <= FEW ? Long.MAX_VALUE : PORTION_BYTES;
      Optional<List<StoredEntry>> portion = log.readWithin(page.ids().subList(read, end), maxBytes);
      if (portion.isPresent()) {
        read = end;
        return portion.get();
      }
      atOnce = Math.max(FEW, atOnce / FEW);
    }
  }

  private @Nullable StoredEntry next() throws IOException {
    while (ahead.isEmpty() && read < page.ids().size()) {
      ahead.addAll(readPortion());
    }
    return ahead.poll();
  }

  /**
   * Writes it, once. The stream stays open.
   *
   * @throws IOException if an entry cannot be read, or the stream not be written; what was written
   *     is no JSON then
   */
  public void writeTo(OutputStream out) throws IOException {
    // Not closed when this fails: it would end the arrays and objects that are open.
    JsonGenerator json = AnswerJson.generator(out);
    // Each entry would be flushed, and an answer that has begun cannot become a problem any more.
    json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    json.writeStartObject();
    json.writeArrayFieldStart("entries");
    StoredEntry last = null;
    for (StoredEntry entry = next(); entry != null; entry = next()) {
      json.writePOJO(views.of(entry));
      last = entry;
    }
    json.writeEndArray();
    json.writeNumberField("total", page.total());
    json.writeBooleanField("has_more", page.hasMore());
    if (page.hasMore() && !ascending && last != null) {
      json.writeNumberField("next_before_id", last.id());
    } else {
      json.writeNullField("next_before_id");
    }
    json.writeEndObject();
    json.close();
  }
}
