package io.tallystick.service.query;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.entry.EventType;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.LogStatistics;
import io.tallystick.index.Page;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The answers to what is asked of a log (api.md, Reading), from the log and its index. Knows no
 * HTTP: the server and the command line on a data directory answer with the same class. Safe for
 * any number of threads.
 *
 * <p>Every method throws {@link InvalidParameterException} for parameters that are not taken,
 * before it looks at the log, and reads what it answers before it returns; only exports are read
 * while they are written.
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

  /** Entries that match, a page of them. */
  public Answer list(Parameters given) throws IOException, InterruptedException {
    return page(QueryParser.list(given));
  }

  /** Entries by this user or about this user, a page of them. */
  public Answer user(String userId, Parameters given) throws IOException, InterruptedException {
    return page(QueryParser.user(userId, given));
  }

  /** Security events, a page of them. */
  public Answer security(Parameters given) throws IOException, InterruptedException {
    return page(QueryParser.security(given));
  }

  private Answer page(AuditQuery question) throws IOException, InterruptedException {
    Page page = index.search(question);
    List<StoredEntry> entries = EntryBatch.read(log, page.ids());
    boolean older = page.hasMore() && !question.ascending() && !entries.isEmpty();
    Long nextBeforeId = older ? entries.getLast().id() : null;
    return Answer.json(out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("entries");
      for (StoredEntry entry : entries) {
        EntryJson.write(out, entry);
      }
      out.writeEndArray();
      out.writeNumberField("total", page.total());
      out.writeBooleanField("has_more", page.hasMore());
      EntryJson.number(out, "next_before_id", nextBeforeId);
      out.writeEndObject();
    });
  }

  /** Every event type that is known or occurs, and how often. */
  public Answer types(Parameters given) throws IOException, InterruptedException {
    given.only(List.of());
    Map<String, Long> counts = index.countsByType();
    List<EventType> types = new ArrayList<>(EventType.known());
    counts.keySet().stream()
        .filter(type -> !EventType.isKnown(type))
        .map(EventType::of)
        .forEach(types::add);
    return Answer.json(out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("event_types");
      for (EventType type : types) {
        out.writeStartObject();
        out.writeStringField("value", type.value());
        out.writeStringField("name", type.name());
        out.writeStringField("category", type.category());
        out.writeStringField("description", type.description());
        out.writeBooleanField("security", type.security());
        out.writeNumberField("count", counts.getOrDefault(type.value(), 0L));
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    });
  }

  /** Counts over a period, or over the whole log. */
  public Answer stats(Parameters given) throws IOException, InterruptedException {
    QueryParser.Period period = QueryParser.Period.of(given);
    LogStatistics counts = index.statistics(period.since(), period.until(), clock.instant());
    long indexedThrough = index.indexedThrough();
    long sealedThrough = log.tree().size();
    Map<String, Long> categories = new TreeMap<>();
    long security = 0;
    for (Map.Entry<String, Long> type : counts.byType().entrySet()) {
      categories.merge(EventType.of(type.getKey()).category(), type.getValue(), Long::sum);
      security += EventType.isSecurity(type.getKey()) ? type.getValue() : 0;
    }
    long securityEvents = security;
    return Answer.json(out -> {
      out.writeStartObject();
      out.writeNumberField("total_entries", counts.totalEntries());
      counts(out, "by_type", counts.byType());
      out.writeNumberField("last_24h", counts.last24Hours());
      out.writeStringField("first_entry", Timestamps.textOrNull(counts.firstEntry()));
      out.writeStringField("last_entry", Timestamps.textOrNull(counts.lastEntry()));
      counts(out, "by_category", categories);
      out.writeNumberField("security_events", securityEvents);
      out.writeNumberField("failed_logins", counts.byType().getOrDefault("auth.login.failed", 0L));
      out.writeNumberField("sealed_through", sealedThrough);
      out.writeNumberField("indexed_through", indexedThrough);
      out.writeArrayFieldStart("top_actors");
      for (LogStatistics.Actor actor : counts.topActors()) {
        out.writeStartObject();
        EntryJson.number(out, "actor_id", actor.actorId());
        out.writeStringField("actor_username", actor.actorUsername());
        out.writeNumberField("count", actor.count());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeObjectFieldStart("per_day");
      for (Map.Entry<LocalDate, Long> day : counts.perDay().entrySet()) {
        out.writeNumberField(day.getKey().toString(), day.getValue());
      }
      out.writeEndObject();
      out.writeEndObject();
    });
  }

  /** Where the log begins since retention took entries out, and where those went. */
  public Answer horizon(Parameters given) throws IOException {
    given.only(List.of());
    Horizon horizon = log.horizon();
    return Answer.json(out -> {
      out.writeStartObject();
      out.writeNumberField("first_id", horizon.firstId());
      out.writeArrayFieldStart("removed");
      for (Horizon.Removed removed : horizon.removed()) {
        out.writeStartObject();
        out.writeNumberField("first_id", removed.firstId());
        out.writeNumberField("last_id", removed.lastId());
        out.writeStringField("archive", removed.archive());
        out.writeStringField("archive_sha256", removed.archiveSha256());
        out.writeNumberField("recorded_as", removed.recordedAs());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    });
  }

  private static void counts(JsonGenerator out, String field, Map<String, Long> counts)
      throws IOException {
    out.writeObjectFieldStart(field);
    for (Map.Entry<String, Long> count : counts.entrySet()) {
      out.writeNumberField(count.getKey(), count.getValue());
    }
    out.writeEndObject();
  }

  /**
   * What verification of a range finds. A range that begins after the log's end is a fault, not an
   * empty range: that is what a log looks like whose end was cut off.
   *
   * @param keys that must have signed the newest checkpoint; empty for those of the log
   * @param earlier checkpoint that the log must be a continuation of; may be {@code null}
   * @param authorities certificates that timestamps must lead to; empty to check their signatures
   *     alone
   * @param progress told from time to time how far it is; may be {@code null}
   */
  public static Answer verify(
      LogReader log,
      Parameters given,
      List<VerifierKey> keys,
      @Nullable SignedNote earlier,
      List<X509Certificate> authorities,
      VerifyReport.@Nullable Progress progress)
      throws IOException, InterruptedException {
    return verify(log, verification(log, given, keys, earlier, authorities), progress);
  }

  /**
   * What is to be verified.
   *
   * @throws LogException.Removed if the log does not hold the first entry any more
   */
  public static VerifyRequest verification(
      LogReader log,
      Parameters given,
      List<VerifierKey> keys,
      @Nullable SignedNote earlier,
      List<X509Certificate> authorities)
      throws IOException {
    given.only(List.of("start_id", "end_id", "strict", "quick"));
    Long startId = given.number("start_id", 1, Long.MAX_VALUE);
    Long endId = given.number("end_id", 1, Long.MAX_VALUE);
    if (startId != null && endId != null && startId > endId) {
      throw new InvalidParameterException(
          "start_id",
          "start_id is "
              + startId
              + " and end_id "
              + endId
              + "; taken is a start_id that is at most end_id");
    }
    if (startId != null && endId == null && startId > log.lastId()) {
      endId = startId;
    }
    if (startId != null) {
      log.checkNotRemoved(startId);
    }
    return new VerifyRequest(
        startId,
        endId,
        Boolean.TRUE.equals(given.flag("strict")),
        Boolean.TRUE.equals(given.flag("quick")),
        keys,
        earlier,
        authorities);
  }

  /** Verifies what is asked for. */
  public static Answer verify(
      LogReader log, VerifyRequest request, VerifyReport.@Nullable Progress progress)
      throws IOException, InterruptedException {
    VerifyReport report = new LogVerifier(log).verify(request, progress);
    return Answer.json(out -> {
      out.writeStartObject();
      out.writeBooleanField("valid", report.valid());
      out.writeNumberField("entries_checked", report.entriesChecked());
      out.writeArrayFieldStart("broken_links");
      for (Fault fault : report.faults()) {
        out.writeStartObject();
        out.writeNumberField("id", fault.id());
        out.writeStringField("kind", fault.kind().toString());
        out.writeStringField("reason", fault.reason());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeNumberField("faults_total", report.faultCount());
      out.writeNumberField("first_id", report.firstId());
      out.writeNumberField("last_id", report.lastId());
      out.writeStringField("mode", report.quick() ? "quick" : "full");
      SignedCheckpoint checkpoint = report.checkpoint();
      if (checkpoint == null) {
        out.writeNullField("checkpoint");
      } else {
        out.writeObjectFieldStart("checkpoint");
        CheckpointJson.write(out, checkpoint);
        out.writeEndObject();
      }
      out.writeNumberField("leaf_hashes", report.leafHashes());
      out.writeNumberField("node_hashes", report.nodeHashes());
      out.writeNumberField("hashes_computed", report.hashesComputed());
      out.writeNumberField("duration_ms", report.duration().toMillis());
      out.writeEndObject();
    });
  }

  /** The entry with this id; empty if there is none. */
  public Optional<Answer> entry(String id, Parameters given) throws IOException {
    return find(log, id, given).map(stored -> Answer.json(out -> EntryJson.write(out, stored)));
  }

  /** The exact bytes of the entry with this id; empty if there is none yet. */
  public Optional<Answer> entryBytes(String id, Parameters given) throws IOException {
    return entryBytes(log, id, given);
  }

  /** As the method of this name, without an index. */
  public static Optional<Answer> entryBytes(LogReader log, String id, Parameters given)
      throws IOException {
    return find(log, id, given)
        .map(stored -> Answer.of("application/octet-stream", out -> out.write(stored.bytes())));
  }

  private static Optional<StoredEntry> find(LogReader log, String id, Parameters given)
      throws IOException {
    given.only(List.of());
    long number = Parameters.number("id", id, 1, Long.MAX_VALUE);
    log.checkNotRemoved(number);
    return log.read(number);
  }
}
