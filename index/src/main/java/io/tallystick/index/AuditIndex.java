package io.tallystick.index;

import io.tallystick.store.LogReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.TopFieldCollectorManager;
import org.jspecify.annotations.Nullable;

/**
 * Answers filter questions and counts over a log. Every question sees what was acknowledged when it
 * came. Safe for any number of threads, if it was not opened beside its writer.
 */
public final class AuditIndex implements AutoCloseable {
  /**
   * Most ids in a shard: below Lucene's 2^31 documents with room, and small enough to merge into
   * one.
   */
  public static final long DEFAULT_MAX_SHARD_IDS = 64L << 20;

  /** Matches are passed over in steps of this many. */
  private static final int STEP = 1_000;

  private static final Duration WAIT = Duration.ofSeconds(30);

  /** Most new ids between two looks for what the index's writer has committed meanwhile. */
  private static final long MAX_IN_MEMORY = 50_000;

  private final LogReader log;
  private final Path directory;
  private final long maxInMemory;
  private volatile Shards shards;

  /** The log's end when the shards were opened; where they are only read. */
  private long openedAt;

  /**
   * {@code null} where the index is only read, and the asking thread indexes what is missing in
   * memory.
   */
  private final @Nullable IndexFollower follower;

  private final @Nullable Thread thread;

  private AuditIndex(
      LogReader log, Path directory, Shards shards, boolean follow, long maxInMemory) {
    this.log = log;
    this.directory = directory;
    this.maxInMemory = maxInMemory;
    this.shards = shards;
    this.openedAt = shards.indexedThrough();
    this.follower = follow ? new IndexFollower(log, shards) : null;
    this.thread =
        follower == null ? null : Thread.ofPlatform().name("tally-index").daemon().start(follower);
  }

  /**
   * Opens the index of the log for writing, or makes it, and keeps up with the log from now on.
   * What is missing or damaged is built again, and said.
   *
   * @param log the log, opened by its writer
   * @throws IndexException if another process has the index open for writing
   */
  public static AuditIndex open(LogReader log, Path directory) throws IOException {
    return open(log, directory, DEFAULT_MAX_SHARD_IDS, Shard::directory);
  }

  /** As {@link #open(LogReader, Path)}, with at most {@code maxShardIds} ids in a shard. */
  static AuditIndex open(LogReader log, Path directory, long maxShardIds, Shards.Opener opener)
      throws IOException {
    Shards shards = Shards.write(directory, log, maxShardIds, opener);
    return new AuditIndex(log, directory, shards, true, MAX_IN_MEMORY);
  }

  /**
   * Opens the index beside a process that may be writing it: reads what is committed, indexes what
   * is not in memory, and changes nothing on the disk. To be asked by one thread.
   */
  public static AuditIndex openBeside(LogReader log, Path directory) throws IOException {
    return openBeside(log, directory, MAX_IN_MEMORY);
  }

  /** As {@link #openBeside(LogReader, Path)}, looking again after so many new ids. */
  static AuditIndex openBeside(LogReader log, Path directory, long maxInMemory) throws IOException {
    Shards shards = Shards.readBeside(directory, log);
    return new AuditIndex(log, directory, shards, false, maxInMemory);
  }

  /**
   * Deletes the index and builds it again, up to the log's end.
   *
   * @throws IndexException if another process has it open for writing
   */
  public static void rebuild(LogReader log, Path directory, Progress progress)
      throws IOException, InterruptedException {
    try (Shards shards = Shards.write(directory, log, DEFAULT_MAX_SHARD_IDS, Shard::directory)) {
      shards.clear();
      long last = log.lastId();
      log.forEach(
          log.firstId(),
          last,
          entry -> {
            shards.add(entry);
            if (entry.id() % STEP == 0) {
              progress.at(entry.id(), last);
            }
            return true;
          });
      shards.commit();
    }
  }

  /** Told how far a rebuild has come. */
  @FunctionalInterface
  public interface Progress {
    /** Entry {@code id} of {@code lastId} is indexed. */
    void at(long id, long lastId);
  }

  /** Takes ids, one after another. */
  @FunctionalInterface
  public interface IdConsumer {
    /** Takes one; {@code false} ends it. */
    boolean accept(long id) throws IOException;
  }

  /** The last id that is in the index. */
  public long indexedThrough() {
    return shards.indexedThrough();
  }

  /** The last id that questions find which wait for nothing; all others wait for the log's end. */
  public long visibleThrough() {
    return follower == null ? shards.indexedThrough() : follower.visibleThrough();
  }

  /** Waits until the entry can be found. */
  public void awaitIndexed(long id) throws IOException, InterruptedException {
    if (follower != null) {
      follower.awaitVisible(id, WAIT);
      return;
    }
    if (id - openedAt >= maxInMemory) {
      openAgain();
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

  /** Lets go of what is in memory, if there is more on the disk now. */
  private void openAgain() throws IOException {
    Shards before = shards;
    Shards now = Shards.readBeside(directory, log);
    if (now.indexedThrough() > before.indexedThrough() - before.uncommitted()) {
      shards = now;
      before.close();
    } else {
      now.close();
    }
  }

  /** How many entries are in the index only as long as this is open. */
  long inMemory() {
    return shards.uncommitted();
  }

  /**
   * The page of ids that was asked for. Costs O(page) with cursors; an offset costs as much as the
   * ids it passes over.
   *
   * @throws IndexException if the index can't be brought up to the log's end in time
   */
  public Page search(AuditQuery question) throws IOException, InterruptedException {
    Range range = range(question);
    Query filters = EntryDocument.filters(question);
    long total = question.isUnfiltered() ? range.size() : count(filters, range);
    Range page = range.within(question.afterId(), question.beforeId());
    List<Long> ids = new ArrayList<>();
    long[] passOver = {question.offset()};
    if (question.isUnfiltered()) {
      addRange(page, question, ids);
    } else {
      collect(
          filters,
          page,
          question.ascending(),
          question.limit() + 1 + (int) Math.min(question.offset(), STEP),
          id -> {
            if (passOver[0] > 0) {
              passOver[0]--;
            } else {
              ids.add(id);
            }
            return ids.size() <= question.limit();
          });
    }
    boolean hasMore = ids.size() > question.limit();
    return new Page(hasMore ? ids.subList(0, question.limit()) : ids, total, hasMore);
  }

  /**
   * Gives every id that matches, in order, however many there are; limit and offset do not count.
   */
  public void forEachMatch(AuditQuery question, IdConsumer consumer)
      throws IOException, InterruptedException {
    Range range = range(question).within(question.afterId(), question.beforeId());
    if (question.isUnfiltered()) {
      boolean more = true;
      for (long i = 0; more && i < range.size(); i++) {
        more = consumer.accept(question.ascending() ? range.from + i : range.to - i);
      }
      return;
    }
    collect(EntryDocument.filters(question), range, question.ascending(), STEP, consumer);
  }

  /**
   * Gives the ids of the entries by this source with any of these request ids, newest first, among
   * what can be found now: unlike all other questions it waits for nothing.
   */
  public void forEachRequest(String source, Collection<String> requestIds, IdConsumer consumer)
      throws IOException {
    Query requests = EntryDocument.requests(source, requestIds);
    collect(requests, new Range(log.firstId(), Long.MAX_VALUE), false, STEP, consumer);
  }

  /** How many entries match; cursors, limit and offset do not count. */
  public long count(AuditQuery question) throws IOException, InterruptedException {
    Range range = range(question);
    return question.isUnfiltered() ? range.size() : count(EntryDocument.filters(question), range);
  }

  /**
   * Counts over the entries recorded from {@code since} on and before {@code until}; {@code null}
   * is no bound.
   */
  public LogStatistics statistics(@Nullable Instant since, @Nullable Instant until, Instant now)
      throws IOException, InterruptedException {
    Range range = range(AuditQuery.builder().since(since).until(until).build());
    return new Statistics(log, shards.oldestFirst(), range.from, range.to).compute(now);
  }

  /** Entries of each event type that occurs. */
  public SortedMap<String, Long> countsByType() throws IOException, InterruptedException {
    Range range = range(AuditQuery.builder().build());
    return new Statistics(log, shards.oldestFirst(), range.from, range.to).byType();
  }

  /**
   * Entries of each event type that occurs, from each time on and before the next.
   *
   * @param times ascending, at least two
   */
  public List<SortedMap<String, Long>> countsByType(List<Instant> times)
      throws IOException, InterruptedException {
    awaitIndexed(log.lastId());
    long[] bounds = times.stream().mapToLong(EntryDocument::nanos).toArray();
    if (log.firstId() > 1) {
      // The index may still know what retention took out.
      long oldest = EntryDocument.nanos(log.timestamp(log.firstId()));
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = Math.max(bounds[i], oldest);
      }
    }
    return Timeline.count(shards.oldestFirst(), EntryDocument.TIME, bounds);
  }

  /** Whose entries match, and where from; cursors, limit and offset do not count. */
  public TopActors topActors(AuditQuery question, int most)
      throws IOException, InterruptedException {
    Range range = range(question);
    Query matches =
        EntryDocument.filtersWithin(EntryDocument.filters(question), range.from, range.to);
    ValueCounts actors = new ValueCounts(EntryDocument.ACTOR);
    ValueCounts addresses = new ValueCounts(EntryDocument.ACTOR_IP);
    try (ValueCounts.Searchers searchers = new ValueCounts.Searchers()) {
      long total = 0;
      for (Shard shard : shards.oldestFirst()) {
        total += ValueCounts.add(searchers.of(shard), matches, List.of(actors, addresses));
      }
      return new TopActors(
          total,
          actors.top(most, EntryDocument::actor),
          addresses.top(
              most, (address, count) -> new TopActors.Address(AddressRange.text(address), count)));
    }
  }

  /** A range of ids, both ends included; empty if it ends before it begins. */
  private record Range(long from, long to) {
    long size() {
      return Math.max(0, to - from + 1);
    }

    Range within(@Nullable Long afterId, @Nullable Long beforeId) {
      return new Range(
          afterId == null || afterId < from ? from : Math.min(afterId, Long.MAX_VALUE - 1) + 1,
          beforeId == null || beforeId > to ? to : Math.max(beforeId, 1) - 1);
    }
  }

  /** The ids of the time that is asked about, up to the log's end; all of them can be found. */
  private Range range(AuditQuery question) throws IOException, InterruptedException {
    long last = log.lastId();
    awaitIndexed(last);
    Instant since = question.since();
    Instant until = question.until();
    return new Range(
        since == null ? log.firstId() : Math.max(log.firstId(), firstIdAtOrAfter(since)),
        until == null ? last : Math.min(last, firstIdAtOrAfter(until) - 1));
  }

  private long firstIdAtOrAfter(Instant time) throws IOException {
    return DocRange.firstIdAtOrAfter(shards.oldestFirst(), time);
  }

  private static void addRange(Range page, AuditQuery question, List<Long> ids) {
    long size = page.size();
    for (long i = question.offset(); i < size && ids.size() <= question.limit(); i++) {
      ids.add(question.ascending() ? page.from + i : page.to - i);
    }
  }

  private long count(Query filters, Range range) throws IOException {
    Query within = EntryDocument.filtersWithin(filters, range.from, range.to);
    long count = 0;
    for (Shard shard : shards.oldestFirst()) {
      if (shard.mayHold(range.from, range.to)) {
        count += shard.<Long>search(searcher -> (long) searcher.count(within));
      }
    }
    return count;
  }

  /** Gives the matching ids in order, taking {@code step} at a time from Lucene. */
  private void collect(Query filters, Range range, boolean ascending, int step, IdConsumer consumer)
      throws IOException {
    Sort order = ascending ? Shard.OLDEST_FIRST : Shard.NEWEST_FIRST;
    for (Shard shard : ascending ? shards.oldestFirst() : shards.newestFirst()) {
      long low = Math.max(range.from, shard.firstId());
      long high = range.to;
      boolean more = low <= high && shard.mayHold(low, high);
      while (more) {
        Query query = EntryDocument.filtersWithin(filters, low, high);
        long[] ids = shard.search(searcher -> top(searcher, query, order, step));
        for (long id : ids) {
          if (!consumer.accept(id)) {
            return;
          }
        }
        more = ids.length == step;
        if (more && ascending) {
          low = ids[ids.length - 1] + 1;
        } else if (more) {
          high = ids[ids.length - 1] - 1;
        }
      }
    }
  }

  private static long[] top(IndexSearcher searcher, Query query, Sort order, int count)
      throws IOException {
    ScoreDoc[] found =
        searcher.search(query, new TopFieldCollectorManager(order, count, null, count)).scoreDocs;
    long[] ids = new long[found.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (Long) ((FieldDoc) found[i]).fields[0];
    }
    return ids;
  }

  /** Commits and closes; nobody may be asking. */
  @Override
  public void close() throws IOException {
    if (follower != null && thread != null) {
      follower.close();
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    shards.close();
  }
}
