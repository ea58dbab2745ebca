package io.tallystick.service.query;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.Page;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EntryView;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the entries that match, as the JSON of an {@link EntryPage}. Its first {@value
 * #AHEAD_BYTES} bytes of entries are read at once, so that most failures show before anything is
 * written; the rest is read a few entries at a time as it is written. So 500 entries of 64 KiB take
 * no more memory than the page of a client that is slow to read it should. Used by one thread.
 */
public final class EntryPageStream {
  private static final int AHEAD_BYTES = 64 << 10;

  /** A block is looked for once for so many entries that are next to each other. */
  private static final int AT_ONCE = 4;

  private final LogReader log;
  private final Page page;
  private final boolean ascending;
  private final Deque<StoredEntry> ahead = new ArrayDeque<>();

  /** How many ids of the page were read. */
  private int read;

  EntryPageStream(LogReader log, AuditQuery query, Page page) throws IOException {
    this.log = log;
    this.page = page;
    this.ascending = query.ascending();
    for (int bytes = 0; bytes < AHEAD_BYTES && read < page.ids().size(); ) {
      for (StoredEntry entry : readFew()) {
        ahead.add(entry);
        bytes += entry.bytes().length;
      }
    }
  }

  private List<StoredEntry> readFew() throws IOException {
    int end = Math.min(read + AT_ONCE, page.ids().size());
    List<Long> ids = page.ids().subList(read, end);
    read = end;
    return EntryBatch.read(log, ids);
  }

  private @Nullable StoredEntry next() throws IOException {
    while (ahead.isEmpty() && read < page.ids().size()) {
      ahead.addAll(readFew());
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
      json.writePOJO(EntryView.of(entry));
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
