package io.tallystick.service.query;

import io.tallystick.index.AuditQuery;
import io.tallystick.index.LogStatistics;
import io.tallystick.index.TopActors;
import io.tallystick.service.answer.OverviewReport;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What a period of the log looks like: entries over time by category, and who failed to log in.
 * Knows no HTTP. Safe for any number of threads.
 */
public final class Overview {
  private static final int MAX_BUCKETS = 80;
  private static final int TOP = 8;

  /** RFC 3339 has no later instant. */
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

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

  private final LogView view;
  private final Clock clock;

  public Overview(LogView view, Clock clock) {
    this.view = view;
    this.clock = clock;
  }

  /**
   * The overview of a period; without bounds, from the first entry until now. Times before 1970 and
   * after 9999 are left out of it.
   */
  public OverviewReport of(Period period) throws IOException, InterruptedException {
    Instant from = period.since();
    Instant to = period.until();
    Long lastId = view.lastId();
    Long indexedThrough = view.indexedThrough();
    Instant now = clock.instant();
    Instant until = to == null ? now : to;
    Instant since = from == null ? view.firstTime().orElse(until) : from;
    until = earlier(later(until, Instant.EPOCH), LAST);
    since = earlier(later(since, Instant.EPOCH), until);
    Duration width = width(Duration.between(since, until));
    return new OverviewReport(
        since,
        until,
        width.toSeconds(),
        buckets(since, until, width),
        failed(since, until),
        lastId,
        indexedThrough);
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static Duration width(Duration period) {
    for (Duration width : WIDTHS) {
      if (period.dividedBy(width) < MAX_BUCKETS) {
        return width;
      }
    }
    return Duration.ofDays(period.toDays() / MAX_BUCKETS + 1);
  }

  private List<OverviewReport.Bucket> buckets(Instant since, Instant until, Duration width)
      throws IOException, InterruptedException {
    List<Instant> starts = new ArrayList<>();
    List<Instant> times = new ArrayList<>(List.of(since));
    long seconds = width.toSeconds();
    long start = Math.floorDiv(since.getEpochSecond(), seconds) * seconds;
    while (start <= until.getEpochSecond()) {
      starts.add(Instant.ofEpochSecond(start));
      start += seconds;
      Instant end = Instant.ofEpochSecond(start);
      times.add(end.isAfter(until) ? until : end);
    }
    List<LogStatistics.Counts> counts = view.countsByCategory(times);
    List<OverviewReport.Bucket> buckets = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      LogStatistics.Counts in = counts.get(i);
      buckets.add(new OverviewReport.Bucket(starts.get(i), in.total(), in.byValue(), in.others()));
    }
    return buckets;
  }

  private TopActors failed(Instant since, Instant until) throws IOException, InterruptedException {
    AuditQuery failed =
        AuditQuery.builder().eventTypes(List.of(FAILED)).since(since).until(until).build();
    return view.topActors(failed, TOP);
  }
}
