package io.tallystick.http;

import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.store.LogReader;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a period of the log looks like: entries over time by category, and who failed to log in.
 * Knows no HTTP. Safe for any number of threads.
 */
final class Overview {
  /** Most failed logins of a period that are looked at for who and where from. */
  static final int MAX_FAILED = 10_000;

  private static final int MAX_BUCKETS = 80;
  private static final int TOP = 8;
  private static final String FAILED = "auth.login.failed";
  private static final List<Duration> WIDTHS =
      List.of(
          Duration.ofMinutes(1),
          Duration.ofMinutes(5),
          Duration.ofMinutes(15),
          Duration.ofHours(1),
          Duration.ofHours(3),
          Duration.ofHours(6),
          Duration.ofDays(1),
          Duration.ofDays(7),
          Duration.ofDays(28),
          Duration.ofDays(364));

  private final LogReader log;
  private final AuditIndex index;
  private final Clock clock;

  Overview(LogReader log, AuditIndex index, Clock clock) {
    this.log = log;
    this.index = index;
    this.clock = clock;
  }

  /** Entries of a stretch of time, which begins at {@code start}, by category. */
  record Bucket(Instant start, long total, SortedMap<String, Long> byCategory) {}

  /** Who or what, and how often. */
  record Counted(@Nullable Long id, @Nullable String name, long count) {}

  /**
   * Failed logins.
   *
   * @param total of the period
   * @param looked how many of them, the newest, the lists are made of
   */
  record Failed(long total, long looked, List<Counted> actors, List<Counted> addresses) {}

  /** A period and what is in it. */
  record Report(
      Instant since,
      Instant until,
      Duration width,
      List<Bucket> buckets,
      Failed failed,
      long lastId,
      long indexedThrough) {}

  /** The overview of a period; {@code null} is from the log's first entry, and until now. */
  Report of(@Nullable Instant from, @Nullable Instant to) throws IOException, InterruptedException {
    long lastId = log.lastId();
    long indexedThrough = index.indexedThrough();
    Instant now = clock.instant();
    Instant until = to == null ? now : to;
    Instant since = from;
    if (since == null) {
      since = lastId == 0 ? until : log.timestamp(log.firstId());
    }
    since = since.isAfter(until) ? until : since;
    Duration width = width(Duration.between(since, until));
    return new Report(
        since,
        until,
        width,
        buckets(since, until, width),
        failed(since, until),
        lastId,
        indexedThrough);
  }

  private static Duration width(Duration period) {
    for (Duration width : WIDTHS) {
      if (period.dividedBy(width) < MAX_BUCKETS) {
        return width;
      }
    }
    return Duration.ofDays(period.toDays() / MAX_BUCKETS + 1);
  }

  private List<Bucket> buckets(Instant since, Instant until, Duration width)
      throws IOException, InterruptedException {
    List<String> categories = categories();
    List<Bucket> buckets = new ArrayList<>();
    long seconds = width.toSeconds();
    long start = Math.floorDiv(since.getEpochSecond(), seconds) * seconds;
    while (start <= until.getEpochSecond() && buckets.size() <= MAX_BUCKETS) {
      Instant begin = Instant.ofEpochSecond(start);
      Instant end = Instant.ofEpochSecond(start + seconds);
      buckets.add(
          bucket(
              begin,
              begin.isBefore(since) ? since : begin,
              end.isAfter(until) ? until : end,
              categories));
      start += seconds;
    }
    return buckets;
  }

  /** Every category that occurs, the one with the most entries first. */
  private List<String> categories() throws IOException, InterruptedException {
    Map<String, Long> counts = new HashMap<>();
    index
        .countsByType()
        .forEach((type, count) -> counts.merge(EventType.of(type).category(), count, Long::sum));
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Counts one category after another until every entry of the bucket is accounted for. */
  private Bucket bucket(Instant start, Instant from, Instant to, List<String> categories)
      throws IOException, InterruptedException {
    SortedMap<String, Long> byCategory = new TreeMap<>();
    long total =
        from.isBefore(to) ? index.count(AuditQuery.builder().since(from).until(to).build()) : 0;
    long left = total;
    for (String category : categories) {
      if (left > 0) {
        AuditQuery question =
            AuditQuery.builder()
                .eventTypes(List.of(category, category + ".*"))
                .since(from)
                .until(to)
                .build();
        long count = index.count(question);
        if (count > 0) {
          byCategory.put(category, count);
        }
        left -= count;
      }
    }
    return new Bucket(start, total, byCategory);
  }

  private Failed failed(Instant since, Instant until) throws IOException, InterruptedException {
    AuditQuery question =
        AuditQuery.builder().eventTypes(List.of(FAILED)).since(since).until(until).build();
    Map<Counted, Long> actors = new HashMap<>();
    Map<Counted, Long> addresses = new HashMap<>();
    long[] looked = {0};
    index.forEachMatch(
        question,
        id -> {
          Event event = log.read(id).orElseThrow().decode().event();
          if (event.actorId() != null || event.actorUsername() != null) {
            actors.merge(new Counted(event.actorId(), event.actorUsername(), 0), 1L, Long::sum);
          }
          if (event.actorIp() != null) {
            addresses.merge(new Counted(null, event.actorIp(), 0), 1L, Long::sum);
          }
          return ++looked[0] < MAX_FAILED;
        });
    return new Failed(index.count(question), looked[0], top(actors), top(addresses));
  }

  private static List<Counted> top(Map<Counted, Long> counts) {
    return counts.entrySet().stream()
        .map(one -> new Counted(one.getKey().id(), one.getKey().name(), one.getValue()))
        .sorted(
            Comparator.comparingLong(Counted::count)
                .reversed()
                .thenComparing(one -> String.valueOf(one.name())))
        .limit(TOP)
        .toList();
  }
}
