package io.tallystick.service.erasure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.Actor;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.service.retention.RetentionAdministration;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Erased;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.log.SafePoint;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Erases personal values from a log, its archives and its index, and lists what was erased. A legal
 * hold over one of the entries stands against all of it. Knows no HTTP: the server and the command
 * line on a data directory use the same class. Safe for any number of threads.
 */
public final class ErasureService {
  /** Most erasures on a page. */
  public static final int MAX_LIMIT = 500;

  /** So many ranges of ids are recorded and carried out at once: a megabyte of entries. */
  private static final int MAX_RANGES = 20_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final AuditLog log;
  private final AuditIndex index;

  public ErasureService(AuditLog log, AuditIndex index) {
    this.log = log;
    this.index = index;
  }

  /** Once it is recorded it is carried out, whoever does not wait for it any more. */
  private static final class Unstoppable implements SafePoint.Host {
    @Override
    public void atSafePoint() {}

    @Override
    public void beforeWait() {}

    @Override
    public void afterWait() {}
  }

  /**
   * Erases, unless it is a dry run. When this returns, no answer has the values any more.
   *
   * @throws HeldException if there is a hold over some of the entries; nothing was erased
   * @throws io.tallystick.index.IndexException if the index can't forget the values yet; they are
   *     erased from the log, and the index forgets them as soon as it can be written
   */
  public ErasureReport erase(ErasureRequest request, Actor actor)
      throws IOException, InterruptedException {
    if (request.dryRun()) {
      return dryRun(log.reader(), index, request);
    }
    Erasures known = log.reader().erasures();
    ErasurePlan plan = ErasurePlan.of(log.reader(), request);
    return Objects.requireNonNull(
        SafePoint.awaiting(() -> unstoppable(request, known, plan, actor)));
  }

  private ErasureReport unstoppable(
      ErasureRequest request, Erasures known, ErasurePlan plan, Actor actor)
      throws IOException, InterruptedException {
    try {
      return SafePoint.<ErasureReport, Exception>call(
          new Unstoppable(), () -> erase(request, known, plan, actor));
    } catch (IOException | InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("an erasure throws nothing else", e);
    }
  }

  /** What would be erased. Only reads. */
  public static ErasureReport dryRun(LogReader log, AuditIndex index, ErasureRequest request)
      throws IOException, InterruptedException {
    ErasurePlan plan = ErasurePlan.of(log, request);
    List<LegalHold> holds = plan.against(RetentionAdministration.holds(log, index));
    return plan.report(holds, Set.of(), List.of());
  }

  private ErasureReport erase(
      ErasureRequest request, Erasures known, ErasurePlan planned, Actor actor)
      throws IOException, InterruptedException {
    Set<String> missing = new TreeSet<>();
    List<Long> erasures = new ArrayList<>();
    ErasurePlan plan;
    log.removalLock().lockInterruptibly();
    try {
      // Whoever had the lock before may have erased the same, and it must not be recorded twice.
      plan =
          log.reader().erasures().equals(known) ? planned : ErasurePlan.of(log.reader(), request);
      // Nobody can place one until this is done.
      List<LegalHold> holds = plan.against(RetentionAdministration.holds(log.reader(), index));
      if (!holds.isEmpty()) {
        throw new HeldException(holds);
      }
      for (Erasure part : plan.parts(MAX_RANGES)) {
        List<Event> events =
            Erasure.events(
                part.ids(), part.fields(), request.reason(), actor.name(), actor.local());
        Erased erased = log.erase(events);
        missing.addAll(erased.missingArchives());
        erasures.addAll(erased.entries());
      }
    } finally {
      log.removalLock().unlock();
    }
    List<Long> all = log.reader().erasures().entries();
    if (!all.isEmpty()) {
      // Also if this one found nothing: the index may still have to follow an earlier one.
      index.erase(all.getLast());
    }
    return plan.report(List.of(), missing, erasures);
  }

  /**
   * The erasures of a log that it still has the entries of, newest first.
   *
   * @param beforeId only those before this entry; {@code null} for all
   */
  public static ErasureList list(LogReader log, @Nullable Long beforeId, int limit)
      throws IOException {
    List<ErasureList.Recorded> page = new ArrayList<>();
    Long next = null;
    for (long id : log.erasures().entries().reversed()) {
      if (beforeId == null || id < beforeId) {
        Optional<StoredEntry> stored = log.read(id);
        if (stored.isPresent() && page.size() == limit) {
          next = page.getLast().id();
          break;
        }
        if (stored.isPresent()) {
          page.add(recorded(stored.get().decode()));
        }
      }
    }
    return new ErasureList(page, next);
  }

  private static ErasureList.Recorded recorded(Entry entry) throws IOException {
    Erasure erasure =
        Erasure.of(entry)
            .orElseThrow(() -> new IOException("entry " + entry.id() + " records no erasure"))
            .erasure();
    Details details = entry.event().details();
    JsonNode json = JSON.readTree(details == null ? "{}" : details.toString());
    return new ErasureList.Recorded(
        entry.id(),
        entry.timestamp(),
        entry.event().actorUsername(),
        json.path("local").asBoolean(),
        json.path("reason").asText(),
        erasure.fields().stream().map(PersonalField::toString).toList(),
        erasure.ids().stream().mapToLong(Erasure.Ids::count).sum());
  }
}
