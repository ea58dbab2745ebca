package io.tallystick.service.query;

import io.tallystick.entry.EventType;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.LogStatistics;
import io.tallystick.index.Page;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.answer.EventTypes;
import io.tallystick.service.answer.HorizonInfo;
import io.tallystick.service.answer.Statistics;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Answers queries from the log and its index. The server and the command line on a data directory
 * use the same class. Safe for any number of threads.
 */
public final class QueryService {
  private final LogReader log;
  private final AuditIndex index;
  private final Clock clock;

  public QueryService(LogReader log, AuditIndex index, Clock clock) {
    this.log = log;
    this.index = index;
    this.clock = clock;
  }

  /** A page of the entries that match. */
  public EntryPage entries(AuditQuery query) throws IOException, InterruptedException {
    Page page = index.search(query);
    List<EntryView> entries = new ArrayList<>();
    for (StoredEntry entry : EntryBatch.read(log, page.ids())) {
      entries.add(EntryView.of(entry));
    }
    boolean older = page.hasMore() && !query.ascending() && !entries.isEmpty();
    return new EntryPage(
        entries, page.total(), page.hasMore(), older ? entries.getLast().id() : null);
  }

  /** Every event type that is known or occurs, and how often. */
  public EventTypes types() throws IOException, InterruptedException {
    Map<String, Long> counts = index.countsByType();
    List<EventType> types = new ArrayList<>(EventType.known());
    counts.keySet().stream()
        .filter(type -> !EventType.isKnown(type))
        .map(EventType::of)
        .forEach(types::add);
    return new EventTypes(
        types.stream()
            .map(type ->
                new EventTypes.Type(
                    type.value(),
                    type.name(),
                    type.category(),
                    type.description(),
                    type.security(),
                    counts.getOrDefault(type.value(), 0L)))
            .toList());
  }

  /** Counts over a period. */
  public Statistics statistics(Period period) throws IOException, InterruptedException {
    Instant now = clock.instant();
    LogStatistics counts = index.statistics(period.since(), period.until(), now);
    TreeMap<String, Long> categories = new TreeMap<>();
    long security = 0;
    for (Map.Entry<String, Long> type : counts.byType().entrySet()) {
      categories.merge(EventType.of(type.getKey()).category(), type.getValue(), Long::sum);
      security += EventType.isSecurity(type.getKey()) ? type.getValue() : 0;
    }
    return new Statistics(
        counts.totalEntries(),
        counts.byType(),
        counts.last24Hours(),
        counts.firstEntry(),
        counts.lastEntry(),
        categories,
        security,
        counts.byType().getOrDefault("auth.login.failed", 0L),
        log.tree().size(),
        index.indexedThrough(),
        counts.topActors(),
        counts.perDay(),
        counts.last24Hours(),
        AdminPanelCompat.failedLogins(index, now),
        AdminPanelCompat.permissionDenials(index, now));
  }

  /** Where the log begins since retention removed entries, and where those went. */
  public HorizonInfo horizon() throws IOException {
    return HorizonInfo.of(log.horizon());
  }

  /**
   * The entry with this id; empty if there is none yet.
   *
   * @throws LogException.Removed if retention removed it
   */
  public Optional<StoredEntry> entry(long id) throws IOException {
    return entry(log, id);
  }

  /** As {@link #entry(long)}, without an index. */
  public static Optional<StoredEntry> entry(LogReader log, long id) throws IOException {
    log.checkNotRemoved(id);
    return log.read(id);
  }
}
