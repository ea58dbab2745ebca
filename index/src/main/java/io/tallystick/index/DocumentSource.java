package io.tallystick.index;

import io.tallystick.entry.InvalidEntryException;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Instant;
import org.apache.lucene.document.Document;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The documents of a log's entries. Used by one thread at a time. */
final class DocumentSource {
  private static final Logger LOG = LoggerFactory.getLogger(DocumentSource.class);

  private final LogReader log;
  private final IndexedDetails details;

  DocumentSource(LogReader log, IndexedDetails details) {
    this.log = log;
    this.details = details;
  }

  /** What is indexed of an entry; if it can't be decoded, only its id and time. */
  Document of(StoredEntry entry) throws IOException {
    try {
      return EntryDocument.of(entry.decode(), details);
    } catch (InvalidEntryException e) {
      LOG.warn(
          "no filter will find entry {}, which can't be decoded: {}", entry.id(), e.getMessage());
      return EntryDocument.of(entry.id(), time(entry.id()));
    }
  }

  /** When the log recorded an entry; if that can't be read, the one before it. */
  private Instant time(long id) throws IOException {
    for (long readable = id; readable >= log.firstId(); readable--) {
      try {
        return log.timestamp(readable);
      } catch (InvalidEntryException e) {
        LOG.debug("the time of entry {} can't be read", readable, e);
      }
    }
    return Instant.EPOCH;
  }
}
