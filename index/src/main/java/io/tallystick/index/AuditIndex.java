package io.tallystick.index;

import io.tallystick.index.IndexView.Range;
import io.tallystick.index.scope.Scope;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.store.LogReader;
import io.tallystick.store.Uninterruptibly;
import io.tallystick.store.log.SafePoint;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.search.Query;
import org.apache.lucene.store.AlreadyClosedException;
import org.jspecify.annotations.Nullable;

/**
 * Answers queries and counts over a log. A query sees everything that was acknowledged when it
 * came. Safe for any number of threads, if it was not opened beside its writer.
 */
public final class AuditIndex implements AutoCloseable {
  /**
   * Most ids in a shard: below Lucene's 2^31 documents with room, and small enough to merge into
   * one.
   */
  public static final long DEFAULT_MAX_SHARD_IDS = 64L << 20;

  /** Matches before an offset are skipped this many at a time. */
  private static final int STEP = 1_000;

  private static final Duration WAIT = Duration.ofSeconds(30);

  /** How often a query is tried when the shards it searches are replaced meanwhile. */
  private static final int MAX_ATTEMPTS = 10;

  private final LogReader log;
  private final Path directory;
  private final long maxInMemory;
  private final MemoryTail tail;
  private volatile Shards shards;

  /** The log's end when the shards were opened, if they are only read. */
  private long openedAt;

  /** {@code null} if the index is only read; then each query first indexes what is missing. */
  private final @Nullable IndexFollower follower;

  private final @Nullable Thread thread;

  private AuditIndex(LogReader log, Path directory, Shards shards, boolean follow, long maxInMemory)
      throws IOException {
    this.log = log;
    this.directory = directory;
    this.maxInMemory = maxInMemory;
    this.tail = new MemoryTail(log, shards.details(), maxInMemory);
    this.shards = shards;
    this.openedAt = shards.indexedThrough();
    this.follower = follow ? new IndexFollower(log, shards) : null;
    this.thread =
        follower == null ? null : Thread.ofPlatform().name("tally-index").daemon().start(follower);
  }

  /**
   * Opens the index of the log for writing, or creates it, and follows the log from now on. Shards
   * that are missing or damaged are rebuilt, and the server's log says so.
   *
   * @param log the log, opened by its writer
   * @param details how much of the details the index must have; one that has another part of them
   *     is built again
   * @throws IndexException if another process has the index open for writing
   */
  public static AuditIndex open(LogReader log, Path directory, IndexedDetails details)
      throws IOException {
    Shards shards = Shards.write(directory, log, details, DEFAULT_MAX_SHARD_IDS, Shard::directory);
    return new AuditIndex(log, directory, shards, true, MemoryTail.MAX_ENTRIES);
  }

  /** As {@link #open(LogReader, Path, IndexedDetails)}, with what it has, or all if it is new. */
  public static AuditIndex open(LogReader log, Path directory) throws IOException {
    return open(log, directory, DEFAULT_MAX_SHARD_IDS, Shard::directory, MemoryTail.MAX_ENTRIES);
  }

  /** As {@link #open(LogReader, Path)}, with at most {@code maxShardIds} ids in a shard. */
  static AuditIndex open(LogReader log, Path directory, long maxShardIds, Shards.Opener opener)
      throws IOException {
    return open(log, directory, maxShardIds, opener, MemoryTail.MAX_ENTRIES);
  }

  /** The same, with at most {@code inMemory} entries that the index on disk does not have. */
  static AuditIndex open(
      LogReader log, Path directory, long maxShardIds, Shards.Opener opener, long inMemory)
      throws IOException {
    Shards shards = Shards.write(directory, log, null, maxShardIds, opener);
    return new AuditIndex(log, directory, shards, true, inMemory);
  }

  /**
   * Opens the index beside a process that may be writing it: reads what is committed, indexes the
   * rest in memory or in a temporary directory, and changes nothing here. Used by one thread.
   */
  public static AuditIndex openBeside(LogReader log, Path directory) throws IOException {
    return openBeside(log, directory, MemoryTail.MAX_ENTRIES);
  }

  /** As {@link #openBeside(LogReader, Path)}, looking again after so many new ids. */
  static AuditIndex openBeside(LogReader log, Path directory, long maxInMemory) throws IOException {
    Shards shards = Shards.readBeside(directory, log, maxInMemory);
    return new AuditIndex(log, directory, shards, false, maxInMemory);
  }

  /**
   * Deletes the index and builds it again, up to the log's end.
   *
   * @throws IndexException if another process has it open for writing
   */
  public static void rebuild(LogReader log, Path directory, Progress progress)
      throws IOException, InterruptedException {
    try (Shards shards =
        Shards.write(directory, log, null, DEFAULT_MAX_SHARD_IDS, Shard::directory)) {
      shards.rebuild(progress);
    }
  }

  /** Receives the progress of a rebuild. */
  @FunctionalInterface
  public interface Progress {
    /** Entry {@code id} of {@code lastId} is indexed. */
    void at(long id, long lastId);
  }

  /** Receives ids, one after another. */
  @FunctionalInterface
  public interface IdConsumer {
    /** Receives one; {@code false} stops the search. */
    boolean accept(long id) throws IOException;
  }

  /** What of details queries find. */
  public IndexedDetails details() {
    return shards.details();
  }

  /** The last entry in the index, visible or not yet. */
  public long indexedThrough() {
    return shards.indexedThrough();
  }

  /** The last entry that {@link #forEachEvent} finds. */
  public long visibleThrough() {
    return follower == null ? shards.indexedThrough() : follower.published().through();
  }

  /** How far the index is, and what keeps it from following the log. */
  public IndexStatus status() throws IOException {
    long last = log.lastId();
    if (follower == null) {
      return new IndexStatus(null, shards.indexedThrough(), last, last, null);
    }
    String reason = follower.reason();
    long visible = follower.published().through();
    return new IndexStatus(
        reason,
        follower.indexedThrough(),
        reason == null ? last : Math.max(visible, tail.through()),
        last,
        reason == null ? null : follower.remaining());
  }

  /**
   * Waits until the index on disk has the entry and finds it.
   *
   * @throws IndexException if it does not within half a minute, or can't at all
   */
  public void awaitIndexed(long id) throws IOException, InterruptedException {
    if (follower == null) {
      catchUp(id);
      return;
    }
    IndexException behind = SafePoint.awaiting(() -> follower.awaitVisible(id, WAIT));
    if (behind != null) {
      throw behind;
    }
  }

  /**
   * Waits until nothing is found that this erasure erased from the log, or an earlier one.
   *
   * @throws IndexException if the index can't be written now; it forgets it when it can
   */
  public void erase(long erasure) throws IOException, InterruptedException {
    Objects.requireNonNull(follower, "the index is only read").awaitErased(erasure);
    tail.close();
  }

  private void catchUp(long id) throws IOException {
    boolean erased = DocumentSource.erasedThrough(log) > shards.erasedThrough();
    if (erased || id - openedAt >= maxInMemory) {
      shards = Shards.newer(shards, directory, log, maxInMemory);
      openedAt = id;
    }
    Shards memory = shards;
    if (memory.indexedThrough() < id) {
      log.forEach(
          memory.next(),
          id,
          entry -> {
            memory.add(entry);
            return true;
          });
      memory.refresh();
    }
  }

  /** How many entries are indexed only until this is closed. */
  long inMemory() {
    return shards.uncommitted();
  }

  /**
   * The requested page of ids. Costs O(page) with cursors; an offset costs as much as the ids
   * before it. While the index can't be written and more entries are missing than fit into memory,
   * the page is of what {@link #status} says.
   *
   * @throws IndexException if the index can't answer in time
   */
  public Page search(AuditQuery question) throws IOException, InterruptedException {
    if (question.needsNoIndex()) {
      return Paging.page(question, new Range(log.firstId(), log.lastId()));
    }
    return ask(answerable(), view -> Paging.page(question, view, log.firstId()));
  }

  /**
   * Passes on every id that matches, in order, however many there are; limit and offset do not
   * count. It is always complete: what the index does not have yet comes from a scan of the log.
   */
  public void forEachMatch(AuditQuery question, IdConsumer consumer)
      throws IOException, InterruptedException {
    long last = log.lastId();
    if (question.needsNoIndex()) {
      Range all = new Range(log.firstId(), last);
      Paging.each(IndexView.withinCursors(all, question), question.ascending(), consumer);
      return;
    }
    long through = Math.min(last, answerable());
    if (question.ascending()) {
      if (indexed(question, through, consumer)) {
        tail.scan(question, through + 1, last, consumer);
      }
    } else if (tail.scan(question, through + 1, last, consumer)) {
      indexed(question, through, consumer);
    }
  }

  private boolean indexed(AuditQuery question, long through, IdConsumer consumer)
      throws IOException, InterruptedException {
    Range period = ask(through, view -> view.range(question, log.firstId()));
    Range range =
        IndexView.withinCursors(new Range(period.from(), Math.min(period.to(), through)), question);
    if (question.isUnfiltered()) {
      return Paging.each(range, question.ascending(), consumer);
    }
    return stream(through, EntryDocument.filters(question), range, question.ascending(), consumer);
  }

  /** Gives the matching ids of a range in order, each batch from what is there by then. */
  private boolean stream(
      long through, Query filters, Range range, boolean ascending, IdConsumer consumer)
      throws IOException {
    Range rest = range;
    while (rest.size() > 0) {
      SafePoint.reach();
      Range part = rest;
      List<Long> ids = ask(through, view -> view.first(filters, part, ascending, STEP));
      for (long id : ids) {
        if (!consumer.accept(id)) {
          return false;
        }
      }
      if (ids.size() < STEP) {
        return true;
      }
      rest = part.behind(ids.getLast(), ascending);
    }
    return true;
  }

  /**
   * Gives the ids of the entries by this source with any of these event ids, newest first, among
   * what is visible now: unlike all other queries it waits for nothing.
   *
   * @param source {@code null} for entries by any source or none
   * @throws IndexException while entries that were visible before are not
   */
  public void forEachEvent(
      @Nullable String source, Collection<String> eventIds, IdConsumer consumer)
      throws IOException {
    long through = follower == null ? shards.indexedThrough() : follower.promised();
    Range all = new Range(log.firstId(), Long.MAX_VALUE);
    stream(through, EntryDocument.events(source, eventIds), all, false, consumer);
  }

  /**
   * How many entries match; cursors, limit and offset do not count.
   *
   * @throws IndexException if the index can't count all of them now
   */
  public long count(AuditQuery question) throws IOException, InterruptedException {
    long last = log.lastId();
    awaitAll(last);
    return ask(last, view -> view.count(question, log.firstId()));
  }

  /** Counts over the entries of a scope that were recorded in this span. */
  public LogStatistics statistics(Scope scope, AuditQuery.Span recorded, Instant now)
      throws IOException, InterruptedException {
    AuditQuery period = AuditQuery.builder().recorded(recorded).build();
    return ask(
        answerable(),
        view -> {
          Range range = view.range(period, log.firstId());
          return new Statistics(log, view, range.from(), range.to(), scope).compute(now);
        });
  }

  /**
   * A page of the event types of a scope, see {@link Statistics#types}.
   *
   * @throws IndexException if the index can't count all of them now
   */
  public SortedMap<String, Long> types(Scope scope, @Nullable String after, int most)
      throws IOException, InterruptedException {
    long last = log.lastId();
    awaitAll(last);
    return ask(
        last, view -> new Statistics(log, view, log.firstId(), last, scope).types(after, most));
  }

  /**
   * Types beyond the known ones that a source used, among what is visible now; waits for nothing.
   */
  public Set<String> typesBy(String source, int most) throws IOException {
    return ask(0, view -> Statistics.typesBy(view.slices(), source, most));
  }

  /** Entries of each category, from each of these ascending times on and before the next. */
  public List<LogStatistics.Counts> countsByCategory(Scope scope, List<Instant> times)
      throws IOException, InterruptedException {
    return ask(answerable(), view -> Statistics.byCategory(view, log.firstId(), times, scope));
  }

  /** Who did the matching entries, and from where; cursors, limit and offset do not count. */
  public TopActors topActors(AuditQuery question, int most)
      throws IOException, InterruptedException {
    return ask(answerable(), view -> view.topActors(question, log.firstId(), most));
  }

  /** Waits until all entries up to this one can be answered for, from memory if need be. */
  private void awaitAll(long last) throws IOException, InterruptedException {
    if (follower == null || !follower.isDegraded() || viewThrough(last).through() < last) {
      awaitIndexed(last);
    }
  }

  /**
   * Waits until the log's last entry can be answered for, and returns its id; or that of an earlier
   * one, if the index can't be written and more is missing than fits into memory.
   */
  private long answerable() throws IOException, InterruptedException {
    long last = log.lastId();
    if (follower == null) {
      catchUp(last);
      return last;
    }
    if (follower.isDegraded() && viewThrough(last).through() >= last) {
      return last;
    }
    IndexException behind = SafePoint.awaiting(() -> follower.awaitVisible(last, WAIT));
    if (behind == null) {
      if (!follower.isDegraded() && !tail.isEmpty()) {
        tail.close();
      }
      return last;
    }
    long through = viewThrough(last).through();
    if (through < last && !follower.answersInPart()) {
      throw behind;
    }
    return Math.min(through, last);
  }

  /** A view of what is visible, extended in memory up to this id as far as that is possible. */
  private IndexView viewThrough(long id) throws IOException {
    if (follower == null) {
      return IndexView.of(shards.oldestFirst(), shards.indexedThrough());
    }
    IndexView visible = follower.published();
    return visible.through() >= id ? visible : tail.extend(visible, id);
  }

  private interface Question<T> {
    T of(IndexView view) throws IOException;
  }

  /** Answers from a view that reaches this id, and tries again if shards are replaced meanwhile. */
  private <T> T ask(long through, Question<T> question) throws IOException {
    for (int attempt = 1; ; attempt++) {
      IndexView view = viewThrough(through);
      if (view.through() < through) {
        throw IndexException.unreadable();
      }
      try {
        return question.of(view);
      } catch (AlreadyClosedException e) {
        if (attempt == MAX_ATTEMPTS) {
          throw new IndexException("the index is closed", e);
        }
      } catch (CorruptIndexException
          | EOFException
          | IndexOutOfBoundsException
          | IllegalStateException
          | InternalError e) {
        if (follower == null) {
          throw new IndexException("the index is damaged; run \"tally rebuild-index\"", e);
        }
        follower.report(e);
        throw IndexException.unreadable();
      }
    }
  }

  /** Commits and closes. No query may be running. */
  @Override
  public void close() throws IOException {
    if (follower != null && thread != null) {
      follower.close();
      Uninterruptibly.join(thread);
    }
    tail.close();
    shards.close();
  }
}
