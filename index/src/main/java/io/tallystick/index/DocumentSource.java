package io.tallystick.index;

import io.tallystick.entry.Entry;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.IndexWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The documents of a log's entries, and which were erased. Used by one thread at a time. */
final class DocumentSource {
  private static final Logger LOG = LoggerFactory.getLogger(DocumentSource.class);

  private final LogReader log;
  private final IndexedDetails details;

  DocumentSource(LogReader log, IndexedDetails details) {
    this.log = log;
    this.details = details;
  }

  /**
   * What is indexed of an entry; if it can't be decoded, only its id and time. If one of its
   * personal values is damaged, what is in the entry itself.
   */
  Document of(StoredEntry entry) throws IOException {
    try {
      return EntryDocument.of(entry.readable(), details);
    } catch (InvalidEntryException e) {
      Optional<Entry> itself = withoutValues(entry);
      if (itself.isPresent()) {
        LOG.warn("no filter finds entry {} by its personal values: {}", entry.id(), e.getMessage());
        return EntryDocument.of(ReadableEntry.withoutValues(itself.get()), details);
      }
      LOG.warn(
          "no filter will find entry {}, which can't be decoded: {}", entry.id(), e.getMessage());
      return EntryDocument.of(entry.id(), time(entry.id()));
    }
  }

  private static Optional<Entry> withoutValues(StoredEntry entry) {
    try {
      return Optional.of(entry.decode());
    } catch (InvalidEntryException e) {
      return Optional.empty();
    }
  }

  /** The newest erasure that the log has carried out; 0 if there is none. */
  static long erasedThrough(LogReader log) throws IOException {
    Erasures erasures = log.erasures();
    return erasures.entries().stream()
        .filter(entry -> !erasures.isPending(entry))
        .max(Long::compare)
        .orElse(0L);
  }

  /** The entries of which values were erased, by erasures after one and up to another. */
  Stream<Erasure.Ids> erased(long after, long through) throws IOException {
    List<Erasure.Ids> erased = new ArrayList<>();
    for (long id : after < through ? log.erasures().entries() : List.<Long>of()) {
      // What is not in the log any more removed nothing that is.
      Optional<StoredEntry> entry = id > after && id <= through ? log.read(id) : Optional.empty();
      entry
          .flatMap(stored -> Erasure.of(stored.decode()))
          .ifPresent(recorded -> erased.addAll(recorded.erasure().ids()));
    }
    return erased.stream();
  }

  /**
   * Adds the documents of these entries. Those that retention removed since keep their places, and
   * nothing else.
   */
  void addTo(IndexWriter writer, long firstId, long lastId) throws IOException {
    long kept = Math.max(firstId, log.firstId());
    for (long id = firstId; id < Math.min(kept, lastId + 1); id++) {
      writer.addDocument(EntryDocument.of(id, time(log.firstId())));
    }
    log.forEach(
        kept,
        lastId,
        entry -> {
          writer.addDocument(of(entry));
          return true;
        });
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
