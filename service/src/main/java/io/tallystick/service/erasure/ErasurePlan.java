package io.tallystick.service.erasure;

import io.tallystick.entry.EntryField;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.entry.UnknownType;
import io.tallystick.service.answer.PartialEntry;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.ArchiveReader;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.SafePoint;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Which entries an erasure is about, found by reading all of them, archives included: an index may
 * be damaged or behind, and it folds names. Used by one thread.
 */
final class ErasurePlan {
  private static final int SAFE_POINT_EVERY = 1_000;

  private final LogReader log;
  private final ErasureRequest request;
  private final EntryMatcher matcher;
  private final List<Erasure.Ids> ids = new ArrayList<>();

  /** Records of exports, of which only the filters are about whoever is meant. */
  private final List<Erasure.Ids> exports = new ArrayList<>();

  private final List<PersonalField> filters;
  private final Map<String, Long> fields = new TreeMap<>();
  private final Map<String, Long> wider = new TreeMap<>();
  private final Set<String> missingArchives = new TreeSet<>();
  private long values;
  private long entries;
  private long withoutPersonal;
  private long otherSpellings;
  private long unreadable;
  private long read;

  private ErasurePlan(LogReader log, ErasureRequest request) {
    this.log = log;
    this.request = request;
    this.matcher = new EntryMatcher(request.query());
    this.filters = PersonalFields.filters(request.query());
  }

  /**
   * Reads the log.
   *
   * @throws io.tallystick.service.InvalidParameterException if the reason says a value that would
   *     be erased
   */
  static ErasurePlan of(LogReader log, ErasureRequest request) throws IOException {
    ErasurePlan plan = new ErasurePlan(log, request);
    Erasure.Ids span = request.span(log.lastId());
    for (Horizon.Removed removed : log.horizon().removed()) {
      if (removed.firstId() <= span.last() && removed.lastId() >= span.first()) {
        plan.readArchive(removed);
      }
    }
    log.forEach(span.first(), span.last(), plan::read);
    return plan;
  }

  private void readArchive(Horizon.Removed removed) throws IOException {
    String name = removed.archive();
    if (name == null) {
      return;
    }
    Path file = log.directory().archive().resolve(name);
    if (!Files.exists(file)) {
      missingArchives.add(name);
      return;
    }
    try (ArchiveReader archive = ArchiveReader.open(file)) {
      archive.forEach(this::read);
    }
  }

  private boolean read(StoredEntry stored) {
    if (read++ % SAFE_POINT_EVERY == 0) {
      SafePoint.reach();
    }
    if (request.includes(stored.id())) {
      try {
        match(PartialEntry.of(stored));
      } catch (InvalidEntryException e) {
        unreadable++;
      }
    }
    return true;
  }

  private void match(PartialEntry entry) {
    if (!entry.damaged().isEmpty()) {
      unreadable++;
    }
    if (matcher.matches(entry)) {
      long before = values;
      entry
          .readable()
          .values()
          .forEach((name, value) -> {
            if (request.concerns(named(entry, name))) {
              checkReason(name, value);
              add(entry, name);
            }
          });
      for (PersonalField name : request.isByIdOnly() ? entry.damaged() : List.<PersonalField>of()) {
        if (request.concerns(named(entry, name))) {
          add(entry, name);
        }
      }
      if (values > before) {
        add(ids, entry.readable().id());
      } else if (entry.entry().personal().isEmpty()) {
        withoutPersonal++;
      }
    } else if (matcher.wasExported(entry)) {
      long before = values;
      for (PersonalField name : entry.readable().values().keySet()) {
        if (filters.contains(name)) {
          values++;
          count(name, fields);
        }
      }
      if (values > before) {
        add(exports, entry.readable().id());
      }
    } else if (matcher.looksAlike(entry)) {
      otherSpellings++;
    }
  }

  private static List<PersonalField> named(PartialEntry entry, PersonalField name) {
    boolean moved = entry.event().eventType().equals(UnknownType.VALUE);
    return moved ? List.of(name, UnknownType.original(name)) : List.of(name);
  }

  private void checkReason(PersonalField name, PersonalValue value) {
    String json = value.json();
    boolean text = json.length() > 4 && json.startsWith("\"");
    if (text
        && name.field() != EntryField.ACTION
        && ReasonCheck.says(request.reason(), json.substring(1, json.length() - 1))) {
      throw ReasonCheck.refused(name.toString());
    }
  }

  private void add(PartialEntry entry, PersonalField name) {
    values++;
    count(name, fields);
    if (request.isWider(named(entry, name))) {
      count(name, wider);
    }
  }

  private static void count(PersonalField name, Map<String, Long> names) {
    if (names.size() < ErasureReport.MAX_FIELDS || names.containsKey(name.toString())) {
      names.merge(name.toString(), 1L, Long::sum);
    }
  }

  private void add(List<Erasure.Ids> to, long id) {
    entries++;
    Erasure.Ids last = to.isEmpty() ? null : to.getLast();
    if (last != null && last.last() + 1 == id) {
      to.set(to.size() - 1, new Erasure.Ids(last.first(), id));
    } else if (last == null || last.last() < id) {
      to.add(new Erasure.Ids(id, id));
    }
  }

  /** What is to be erased, in parts of at most so many ranges of ids. */
  List<Erasure> parts(int maxRanges) {
    List<Erasure> parts = new ArrayList<>();
    for (int from = 0; from < ids.size(); from += maxRanges) {
      parts.add(
          new Erasure(ids.subList(from, Math.min(from + maxRanges, ids.size())), request.fields()));
    }
    for (int from = 0; from < exports.size(); from += maxRanges) {
      parts.add(
          new Erasure(exports.subList(from, Math.min(from + maxRanges, exports.size())), filters));
    }
    return parts;
  }

  /** Those of the holds that are over some of the entries. */
  List<LegalHold> against(List<LegalHold> holds) {
    return holds.stream()
        .filter(hold ->
            Stream.concat(ids.stream(), exports.stream())
                .anyMatch(
                    range -> range.first() <= hold.lastId() && range.last() >= hold.firstId()))
        .toList();
  }

  ErasureReport report(List<LegalHold> holds, Set<String> missing, List<Long> erasures) {
    Set<String> all = new TreeSet<>(missingArchives);
    all.addAll(missing);
    return new ErasureReport(
        request.dryRun(),
        entries,
        values,
        fields,
        wider,
        withoutPersonal,
        otherSpellings,
        unreadable,
        holds,
        List.copyOf(all),
        erasures);
  }
}
