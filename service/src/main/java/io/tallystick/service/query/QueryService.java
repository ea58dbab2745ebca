package io.tallystick.service.query;

import io.tallystick.entry.EventType;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.LogStatistics;
import io.tallystick.index.Page;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.answer.EntryViews;
import io.tallystick.service.answer.EventTypes;
import io.tallystick.service.answer.HorizonInfo;
import io.tallystick.service.answer.SourceList;
import io.tallystick.service.answer.Statistics;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Answers queries from what somebody sees of a log. The server and the command line on a data
 * directory use the same class. Safe for any number of threads.
 */
public final class QueryService {
  private final LogView view;
  private final Clock clock;

  public QueryService(LogView view, Clock clock) {
    this.view = view;
    this.clock = clock;
  }

  /** A page of the entries that match. */
  public EntryPage entries(AuditQuery query) throws IOException, InterruptedException {
    IndexedCheck.check(view, query);
    Page page = view.search(query);
    List<EntryView> entries = new ArrayList<>();
    EntryViews views = view.entryViews();
    for (StoredEntry entry : view.read(page.ids())) {
      entries.add(views.of(entry));
    }
    boolean older = page.hasMore() && !query.ascending() && !entries.isEmpty();
    return new EntryPage(
        entries, page.total(), page.hasMore(), older ? entries.getLast().id() : null);
  }

  /** A page of the entries that match, to be written to somebody who may read it slowly. */
  public EntryPageStream stream(AuditQuery query) throws IOException, InterruptedException {
    IndexedCheck.check(view, query);
    return new EntryPageStream(view, query, view.search(query));
  }

  /** A page of the event types that are known or occur, and how often each does. */
  public EventTypes types(TypeQuery query) throws IOException, InterruptedException {
    String after = query.after();
    SortedMap<String, Long> counts = view.types(after, query.limit() + 1);
    List<EventTypes.Type> known = new ArrayList<>();
    if (after == null) {
      for (EventType type : EventType.known()) {
        known.add(type(type, counts.getOrDefault(type.value(), 0L)));
        counts.remove(type.value());
      }
    }
    List<EventTypes.Type> others =
        counts.entrySet().stream()
            .limit(query.limit())
            .map(type -> type(EventType.of(type.getKey()), type.getValue()))
            .toList();
    String next = counts.size() > others.size() ? others.getLast().value() : null;
    known.addAll(others);
    return new EventTypes(known, next);
  }

  private static EventTypes.Type type(EventType type, long count) {
    return new EventTypes.Type(
        type.value(), type.name(), type.category(), type.description(), type.security(), count);
  }

  /**
   * The streams of the sources that wrote entries, and which numbers are missing in them. Reads
   * each entry that matches.
   *
   * @throws IllegalStateException if not the whole log is seen, for then most would be missing
   */
  public SourceList sources(SourceQuery query) throws IOException, InterruptedException {
    view.wholeLog();
    return new SourceReport(view).of(query.entries());
  }

  /** Counts over a period. */
  public Statistics statistics(Period period) throws IOException, InterruptedException {
    Instant now = clock.instant();
    LogStatistics counts = view.statistics(period, now);
    return new Statistics(
        counts.totalEntries(),
        counts.byType().byValue(),
        counts.byType().others(),
        counts.last24Hours(),
        counts.firstEntry(),
        counts.lastEntry(),
        counts.byCategory().byValue(),
        counts.byCategory().others(),
        counts.securityEvents(),
        counts.byType().of("auth.login.failed"),
        view.sealedThrough(),
        view.indexedThrough(),
        counts.topActors(),
        counts.perDay(),
        counts.last24Hours(),
        AdminPanelCompat.failedLogins(view, now),
        AdminPanelCompat.permissionDenials(view, now));
  }

  /**
   * Where the log begins since retention removed entries, and where those went.
   *
   * @throws IllegalStateException if not the whole log is seen
   */
  public HorizonInfo horizon() {
    return HorizonInfo.of(view.wholeLog().horizon());
  }

  /**
   * The entry with this id, of a log that has no index; empty if there is none yet.
   *
   * @throws LogException.Removed if retention removed it
   */
  public static Optional<StoredEntry> entry(LogReader log, long id) throws IOException {
    log.checkNotRemoved(id);
    return log.read(id);
  }
}
