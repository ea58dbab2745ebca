package io.tallystick.service.query;

import io.tallystick.entry.InvalidEntryException;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.IndexStatus;
import io.tallystick.index.LogStatistics;
import io.tallystick.index.Page;
import io.tallystick.index.TopActors;
import io.tallystick.index.scope.Scope;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.service.answer.EntryViews;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What somebody may see of a log: all of it, or the entries of a {@link Scope}, as if there were no
 * others. Whoever answers questions for somebody asks a view, and has nothing else to ask: this is
 * the one place where a scope is enforced. The index narrows every question by it, and each entry
 * that is read is compared with it once more, by its bytes. Safe for any number of threads.
 */
public final class LogView {
  /** Odd, so that ids that follow each other lead to entries that are far apart. */
  private static final long ANY = 0x9E3779B97F4A7C15L;

  private final LogReader log;
  private final AuditIndex index;
  private final Scope scope;
  private final EntryViews entryViews;

  private LogView(LogReader log, AuditIndex index, Scope scope, EntryViews entryViews) {
    this.log = log;
    this.index = index;
    this.scope = scope;
    this.entryViews = entryViews;
  }

  /** A view of everything. */
  public static LogView whole(LogReader log, AuditIndex index) {
    return new LogView(log, index, Scope.ALL, new EntryViews(log));
  }

  /**
   * The part of this view that is in the scope.
   *
   * @throws IllegalStateException if this is a part already: nobody can widen one
   */
  public LogView within(Scope part) {
    return new LogView(wholeLog(), index, part, entryViews);
  }

  /** Whether everything is seen. */
  public boolean isWhole() {
    return scope.isAll();
  }

  /**
   * The log itself.
   *
   * @throws IllegalStateException if only a part of it may be seen
   */
  LogReader wholeLog() {
    if (!isWhole()) {
      throw new IllegalStateException("this is about the whole log, and the view is of a part");
    }
    return log;
  }

  /** What answers show of the entries of this view. */
  public EntryViews entryViews() {
    return entryViews;
  }

  /** How much of the details queries find. */
  IndexedDetails details() {
    return index.details();
  }

  /** How far the index is; its numbers are of the whole log. */
  public IndexStatus indexStatus() throws IOException {
    return index.status();
  }

  /** The last entry in the index; {@code null} for whoever sees a part, of whom it is not. */
  @Nullable Long indexedThrough() {
    return isWhole() ? index.indexedThrough() : null;
  }

  /** The newest entry of the log; {@code null} for whoever sees a part. */
  @Nullable Long lastId() throws IOException {
    return isWhole() ? log.lastId() : null;
  }

  /** How many entries are sealed; {@code null} for whoever sees a part. */
  @Nullable Long sealedThrough() throws IOException {
    return isWhole() ? log.tree().size() : null;
  }

  /** Whether the question can be answered from the ids alone. */
  public boolean needsNoIndex(AuditQuery query) {
    return isWhole() && query.needsNoIndex();
  }

  /** The requested page of ids, see {@link AuditIndex#search}. */
  Page search(AuditQuery query) throws IOException, InterruptedException {
    return index.search(query.within(scope));
  }

  /** Every id that matches, see {@link AuditIndex#forEachMatch}. */
  public void forEachMatch(AuditQuery query, AuditIndex.IdConsumer consumer)
      throws IOException, InterruptedException {
    index.forEachMatch(query.within(scope), consumer);
  }

  /** Receives an entry. */
  @FunctionalInterface
  public interface EntryConsumer {
    void accept(StoredEntry entry) throws IOException;
  }

  /** Every entry that matches, read in batches: memory does not depend on how many there are. */
  public void forEachEntry(AuditQuery query, EntryConsumer consumer)
      throws IOException, InterruptedException {
    List<Long> ids = new ArrayList<>(EntryBatch.MAX);
    forEachMatch(
        query,
        id -> {
          ids.add(id);
          if (ids.size() == EntryBatch.MAX) {
            readInto(consumer, ids);
          }
          return true;
        });
    readInto(consumer, ids);
  }

  private void readInto(EntryConsumer consumer, List<Long> ids) throws IOException {
    for (StoredEntry entry : read(ids)) {
      consumer.accept(entry);
    }
    ids.clear();
  }

  /** The oldest or newest id that matches; empty if none does. */
  public Optional<Long> first(AuditQuery query, boolean oldest)
      throws IOException, InterruptedException {
    AtomicReference<@Nullable Long> found = new AtomicReference<>();
    forEachMatch(
        query.toBuilder().ascending(oldest).build(),
        id -> {
          found.set(id);
          return false;
        });
    return Optional.ofNullable(found.get());
  }

  long count(AuditQuery query) throws IOException, InterruptedException {
    return index.count(query.within(scope));
  }

  LogStatistics statistics(Period period, Instant now) throws IOException, InterruptedException {
    return index.statistics(scope, period.span(), now);
  }

  SortedMap<String, Long> types(@Nullable String after, int most)
      throws IOException, InterruptedException {
    return index.types(scope, after, most);
  }

  List<LogStatistics.Counts> countsByCategory(List<Instant> times)
      throws IOException, InterruptedException {
    return index.countsByCategory(scope, times);
  }

  TopActors topActors(AuditQuery query, int most) throws IOException, InterruptedException {
    return index.topActors(query.within(scope), most);
  }

  /** When the first entry was recorded; empty if there is none. */
  Optional<Instant> firstTime() throws IOException, InterruptedException {
    if (isWhole()) {
      return log.lastId() == 0 ? Optional.empty() : Optional.of(log.timestamp(log.firstId()));
    }
    Optional<Long> first = first(AuditQuery.builder().build(), true);
    return first.isEmpty() ? Optional.empty() : Optional.of(log.timestamp(first.get()));
  }

  /**
   * Entries that the index found, in the order of their ids here.
   *
   * @throws IOException if one can't be read, or is not in the scope: then the index is damaged
   */
  public List<StoredEntry> read(List<Long> ids) throws IOException {
    return checked(EntryBatch.read(log, ids));
  }

  /** As {@link #read}; empty if the entries have more bytes than this together. */
  Optional<List<StoredEntry>> readWithin(List<Long> ids, long maxBytes) throws IOException {
    Optional<List<StoredEntry>> entries = EntryBatch.readWithin(log, ids, maxBytes);
    return entries.isEmpty() ? entries : Optional.of(checked(entries.get()));
  }

  private List<StoredEntry> checked(List<StoredEntry> entries) throws IOException {
    for (StoredEntry entry : entries) {
      if (!includes(scope, entry)) {
        throw new IOException(
            "entry " + entry.id() + " is not in the scope that the index found it for");
      }
    }
    return entries;
  }

  private static boolean includes(Scope scope, StoredEntry entry) {
    try {
      return scope.isAll() || scope.includes(entry.decode());
    } catch (InvalidEntryException e) {
      return false;
    }
  }

  /**
   * The entry with this id; empty if there is none in this view. For a part it costs about the same
   * whether there is none or it is not for whoever asks: an entry is read and compared either way,
   * some other one if need be, which is as likely to be in memory.
   *
   * @throws LogException.Removed if everything is seen, and retention removed it
   */
  public Optional<StoredEntry> entry(long id) throws IOException {
    return entry(log, scope, id);
  }

  /** As {@link #entry(long)}, of a log that may have no index. */
  public static Optional<StoredEntry> entry(LogReader log, Scope scope, long id)
      throws IOException {
    if (scope.isAll()) {
      log.checkNotRemoved(id);
      return log.read(id);
    }
    long first = log.firstId();
    long last = log.lastId();
    boolean any = first <= id && id <= last;
    long read = any || last < first ? id : first + Math.floorMod(id * ANY, last - first + 1);
    return log.read(read).filter(entry -> includes(scope, entry) && read == id);
  }

  /**
   * When the log recorded the entry, whoever's it is.
   *
   * @throws IllegalStateException if only a part of the log may be seen
   */
  public Instant recordedAt(long id) throws IOException {
    return wholeLog().timestamp(id);
  }

  /** Whether there is a checkpoint to prove entries under. */
  public boolean isSealed() throws IOException {
    return log.tree().newest().isPresent();
  }

  /**
   * A checkpoint to prove all matches under; empty if there is none yet. Whoever sees a part gets
   * the oldest that does, since a checkpoint tells how many entries the log had.
   */
  public Optional<SignedCheckpoint> checkpointOver(AuditQuery query)
      throws IOException, InterruptedException {
    return isWhole() ? log.tree().newest() : log.tree().oldestOver(first(query, false).orElse(0L));
  }

  /**
   * Keeps a checkpoint in the history, since somebody takes it away, and returns it as it is kept:
   * a timestamp is over all its signatures.
   */
  public SignedCheckpoint keep(SignedCheckpoint checkpoint) throws IOException {
    log.tree().keepOnDemand(checkpoint);
    return log.tree().checkpoint(checkpoint.size()).orElse(checkpoint);
  }

  /** What a timestamp authority answered for a checkpoint; empty if none was asked. */
  public Optional<byte[]> timestamp(SignedCheckpoint checkpoint) throws IOException {
    return log.tree().token(checkpoint.size());
  }

  /** Proves entries of this view. */
  public LogTree.Prover prover(SignedCheckpoint under) {
    return log.tree().prover(under);
  }

  /**
   * What proves these entries at once, see {@link LogTree#beside}.
   *
   * @throws IllegalStateException if only a part of the log may be seen
   */
  public List<Hash> beside(NavigableSet<Long> ids, SignedCheckpoint under) throws IOException {
    return wholeLog().tree().beside(ids, under);
  }

  /** The keys that sign the log, newest first. */
  public List<String> verifierKeys() {
    return log.identity().verifierKeys();
  }

  /** Where the log ends now: a place to follow it from, never to be told. */
  public long end() throws IOException {
    return log.lastId();
  }

  /** Waits until there are entries after this id, of whomever; {@code false} if time passed. */
  public boolean awaitBeyond(long id, Duration timeout) throws IOException, InterruptedException {
    return log.awaitBeyond(id, timeout);
  }

  /**
   * The place before the first entry of the log, where retention removed some after this id;
   * otherwise the id.
   */
  public long behindRemoved(long after) {
    return Math.max(after, log.firstId() - 1);
  }
}
