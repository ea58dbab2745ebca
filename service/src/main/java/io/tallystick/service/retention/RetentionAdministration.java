package io.tallystick.service.retention;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.Actor;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Quoted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Retention runs and legal holds of a log (format.md, Retention and archive). A hold is nothing but
 * its entries: the log's own {@code audit.hold.placed}, until an {@code audit.hold.released} names
 * it, so verifying the log also verifies the holds. Entries that clients posted under these types
 * place and release nothing. Safe for any number of threads.
 */
public final class RetentionAdministration {
  /** Most days that entries can be kept. */
  public static final int MAX_DAYS = 100_000;

  /** How many days are allowed, for a message. */
  public static final String DAYS = "between 1 and " + MAX_DAYS;

  private static final String PLACED = "audit.hold.placed";
  private static final String RELEASED = "audit.hold.released";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final AuditLog log;
  private final AuditIndex index;
  private final Retention retention;
  private final Clock clock;

  /** Of this log; {@code clock} says how old its entries are. */
  public RetentionAdministration(AuditLog log, AuditIndex index, Clock clock) {
    this.log = log;
    this.index = index;
    this.retention = new Retention(log);
    this.clock = clock;
  }

  /**
   * What a run did, or would do.
   *
   * @param before entries in segments that ended before this are old
   * @param batches what was old and not held, oldest first
   * @param removed what became of them; empty after a dry run
   * @param heldBy the hold that stopped the run; {@code null} if none did
   * @param firstId the oldest entry of the log after it
   */
  public record Run(
      boolean dryRun,
      Instant before,
      Retention.Mode mode,
      List<Retention.Batch> batches,
      List<Horizon.Removed> removed,
      @Nullable LegalHold heldBy,
      long firstId) {}

  /** The mode of this name; empty if there is none. */
  public static Optional<Retention.Mode> mode(String name) {
    return switch (name) {
      case "archive" -> Optional.of(Retention.Mode.ARCHIVE);
      case "purge" -> Optional.of(Retention.Mode.PURGE);
      default -> Optional.empty();
    };
  }

  /** What the API calls a mode. */
  static String name(Retention.Mode mode) {
    return switch (mode) {
      case ARCHIVE -> "archive";
      case PURGE -> "purge";
    };
  }

  /**
   * Takes out what is older than {@code days} days and not held.
   *
   * @param dryRun only says what would be taken out
   * @throws InvalidParameterException if days is not 1 to {@link #MAX_DAYS}
   * @throws io.tallystick.store.log.LogException.Corrupt if old entries do not verify; those and
   *     later ones stay
   */
  public Run run(int days, Retention.Mode mode, boolean dryRun, Actor actor)
      throws IOException, InterruptedException {
    if (dryRun) {
      return dryRun(log.reader(), index, days, mode, clock);
    }
    Instant before = before(days, clock);
    List<Retention.Batch> batches = new ArrayList<>();
    List<Horizon.Removed> removed = new ArrayList<>();
    while (true) {
      // Batch by batch, so that a hold that is placed meanwhile keeps what is not removed yet.
      log.removalLock().lockInterruptibly();
      try {
        Run plan = plan(log.reader(), index, before, mode);
        if (plan.batches().isEmpty()) {
          return new Run(
              false, before, mode, batches, removed, plan.heldBy(), log.reader().firstId());
        }
        Retention.Batch oldest = plan.batches().getFirst();
        removed.add(retention.remove(oldest, mode, actor.name(), actor.local()));
        batches.add(oldest);
      } finally {
        log.removalLock().unlock();
      }
    }
  }

  /**
   * What a run would take out. Only reads.
   *
   * @throws InvalidParameterException if days is not 1 to {@link #MAX_DAYS}
   */
  public static Run dryRun(
      LogReader log, AuditIndex index, int days, Retention.Mode mode, Clock clock)
      throws IOException, InterruptedException {
    return plan(log, index, before(days, clock), mode);
  }

  private static Instant before(int days, Clock clock) {
    if (days < 1 || days > MAX_DAYS) {
      throw new InvalidParameterException("days", "days must be " + DAYS + ", but was " + days);
    }
    return clock.instant().minus(Duration.ofDays(days));
  }

  private static Run plan(LogReader log, AuditIndex index, Instant before, Retention.Mode mode)
      throws IOException, InterruptedException {
    LegalHold first = null;
    for (LegalHold hold : holds(log, index)) {
      first = first == null || hold.firstId() < first.firstId() ? hold : first;
    }
    List<Retention.Batch> all = Retention.plan(log, before, Long.MAX_VALUE);
    List<Retention.Batch> free = first == null ? all : Retention.plan(log, before, first.firstId());
    boolean stopped = !all.isEmpty() && (free.isEmpty() || lastId(free) < lastId(all));
    return new Run(true, before, mode, free, List.of(), stopped ? first : null, log.firstId());
  }

  private static long lastId(List<Retention.Batch> batches) {
    return batches.getLast().lastId();
  }

  /** The holds that are in force, oldest first. */
  public List<LegalHold> holds() throws IOException, InterruptedException {
    return holds(log.reader(), index);
  }

  /** The holds that are in force in a log that somebody else may write. */
  public static List<LegalHold> holds(LogReader log, AuditIndex index)
      throws IOException, InterruptedException {
    SortedMap<Long, LegalHold> holds = new TreeMap<>();
    AuditQuery question =
        AuditQuery.builder().eventTypes(List.of(PLACED, RELEASED)).ascending(true).build();
    List<Long> ids = new ArrayList<>();
    index.forEachMatch(question, ids::add);
    for (long id : ids) {
      Optional<StoredEntry> stored = log.read(id);
      if (stored.isPresent()) {
        Entry entry = stored.get().decode();
        Details details = entry.event().details();
        if (entry.source() == null && details != null) {
          take(holds, entry, JSON.readTree(details.toString()));
        }
      }
    }
    return List.copyOf(holds.values());
  }

  private static void take(SortedMap<Long, LegalHold> holds, Entry entry, JsonNode details) {
    if (entry.event().eventType().equals(RELEASED)) {
      holds.remove(details.path("hold").asLong());
      return;
    }
    holds.put(
        entry.id(),
        new LegalHold(
            entry.id(),
            details.path("first_id").asLong(),
            details.path("last_id").asLong(),
            details.path("reason").asText(),
            entry.timestamp(),
            entry.event().actorUsername()));
  }

  /**
   * Places a hold; it is in force when this returns.
   *
   * @throws InvalidParameterException if the log does not hold these entries, or the reason is
   *     empty or longer than {@link LegalHold#MAX_REASON_BYTES}
   */
  public LegalHold place(long firstId, long lastId, String reason, Actor actor)
      throws IOException, InterruptedException {
    int bytes = reason.getBytes(StandardCharsets.UTF_8).length;
    boolean text = reason.codePoints().noneMatch(c -> c == 0 || (c >= 0xD800 && c <= 0xDFFF));
    if (reason.isBlank() || bytes > LegalHold.MAX_REASON_BYTES || !text) {
      throw new InvalidParameterException(
          "reason",
          "reason must be 1 to "
              + LegalHold.MAX_REASON_BYTES
              + " bytes of text without the character NUL, but was "
              + Quoted.of(reason)
              + ", "
              + bytes
              + " bytes");
    }
    log.removalLock().lockInterruptibly();
    try {
      if (firstId < log.reader().firstId() || firstId > lastId || lastId > log.lastId()) {
        throw new InvalidParameterException(
            "first_id",
            "entries "
                + firstId
                + " to "
                + lastId
                + " are not a range of this log, which holds "
                + log.reader().firstId()
                + " to "
                + log.lastId());
      }
      long id =
          append(
              PLACED,
              actor,
              firstId + "-" + lastId,
              out -> {
                out.writeNumberField("first_id", firstId);
                out.writeNumberField("last_id", lastId);
                out.writeStringField("reason", reason);
              });
      return new LegalHold(id, firstId, lastId, reason, log.reader().timestamp(id), actor.name());
    } finally {
      log.removalLock().unlock();
    }
  }

  /** Ends a hold; {@code false} if none with this id is in force. */
  public boolean release(long id, Actor actor) throws IOException, InterruptedException {
    log.removalLock().lockInterruptibly();
    try {
      Optional<LegalHold> hold = holds().stream().filter(h -> h.id() == id).findFirst();
      if (hold.isEmpty()) {
        return false;
      }
      append(
          RELEASED,
          actor,
          hold.get().firstId() + "-" + hold.get().lastId(),
          out -> out.writeNumberField("hold", id));
      return true;
    } finally {
      log.removalLock().unlock();
    }
  }

  @FunctionalInterface
  private interface Fields {
    void write(JsonGenerator out) throws IOException;
  }

  private long append(String eventType, Actor actor, String range, Fields fields)
      throws IOException, InterruptedException {
    ByteArrayOutputStream details = new ByteArrayOutputStream();
    try (JsonGenerator out = AnswerJson.generator(details)) {
      out.writeStartObject();
      fields.write(out);
      if (actor.local()) {
        out.writeBooleanField("local", true);
      }
      out.writeEndObject();
    }
    Event event =
        Event.builder(eventType)
            .actorUsername(actor.name())
            .actorIp(actor.address())
            .targetType("entries")
            .targetId(range)
            .details(Details.parse(details.toString(StandardCharsets.UTF_8)))
            .build();
    return Futures.from(log.append(event)).firstId();
  }
}
