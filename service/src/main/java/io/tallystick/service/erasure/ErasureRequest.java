package io.tallystick.service.erasure;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.InvalidEventException;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.store.log.Erasure;
import io.tallystick.tlog.Quoted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which personal values to erase. What cannot be undone must not be asked for by a slip: filters
 * match to the byte, no prefix and no range of addresses is accepted, and there must be at least
 * one. Immutable.
 *
 * @param query the filters; all must match
 * @param ids only these entries; empty for all
 * @param fields only these values of the entries; empty for all of them
 * @param reason why, which the log records
 * @param dryRun only says what would be erased
 */
public record ErasureRequest(
    AuditQuery query,
    List<Erasure.Ids> ids,
    List<PersonalField> fields,
    String reason,
    boolean dryRun) {
  /** Longest reason, in bytes. */
  public static final int MAX_REASON_BYTES = 1_000;

  /** Most ranges of ids in a request. */
  private static final int MAX_RANGES = 1_000;

  /** Filters that say when and not whose. */
  private static final Set<String> TIMES = Set.of("since", "until");

  private static final Pattern IDS =
      Pattern.compile("(?<first>[1-9][0-9]{0,17})(-(?<last>[1-9][0-9]{0,17}))?");

  public ErasureRequest {
    ids = List.copyOf(ids);
    fields = List.copyOf(fields);
  }

  /**
   * The request that these filters and fields describe.
   *
   * @param filters as in lists, and {@code ids}: {@code 17,20-29}
   * @throws InvalidParameterException naming what is unknown, ambiguous or missing
   */
  public static ErasureRequest of(
      Map<String, List<String>> filters, List<String> fields, String reason, boolean dryRun) {
    Parameters given = Parameters.of(filters);
    AuditQuery query = QueryParser.erasure(given);
    List<Erasure.Ids> ids = ids(given.text("ids"));
    if (TIMES.containsAll(filters.keySet())) {
      throw new InvalidParameterException(
          "(filters)",
          "an erasure needs a filter besides since and until, such as actor_username or ids; to"
              + " erase of all entries, give ids 1-999999999999999999");
    }
    return new ErasureRequest(query, ids, names(fields), checked(reason, filters), dryRun);
  }

  private static List<PersonalField> names(List<String> fields) {
    try {
      return PersonalField.of(fields);
    } catch (InvalidEventException e) {
      throw new InvalidParameterException(
          "fields", String.valueOf(e.getMessage()).replaceFirst("^personal ", "fields "));
    }
  }

  private static List<Erasure.Ids> ids(@Nullable String text) {
    List<Erasure.Ids> ids = new ArrayList<>();
    if (text == null) {
      return ids;
    }
    String[] parts = text.split(",", -1);
    if (parts.length > MAX_RANGES) {
      throw new InvalidParameterException(
          "ids",
          "ids must be at most %,d ids and ranges of them, but were %,d; send several requests"
              .formatted(MAX_RANGES, parts.length));
    }
    for (String part : parts) {
      Matcher range = IDS.matcher(part.strip());
      long first = range.matches() ? Long.parseLong(range.group("first")) : 0;
      String end = range.matches() ? range.group("last") : null;
      long last = end == null ? first : Long.parseLong(end);
      if (first < 1 || last < first) {
        throw new InvalidParameterException(
            "ids",
            "ids must be ids and ranges of them, such as 17,20-29, but one was " + Quoted.of(part));
      }
      ids.add(new Erasure.Ids(first, last));
    }
    ids.sort(Comparator.comparingLong(Erasure.Ids::first));
    for (int i = 1; i < ids.size(); i++) {
      if (ids.get(i).first() <= ids.get(i - 1).last()) {
        throw new InvalidParameterException(
            "ids", "ids must name each entry once, but names " + ids.get(i).first() + " twice");
      }
    }
    return ids;
  }

  /** The reason is recorded for good, so it must not say what is erased. */
  private static String checked(String reason, Map<String, List<String>> filters) {
    if (reason.isBlank()) {
      throw new InvalidParameterException(
          "reason", "reason must say why the values are erased, but was blank");
    }
    if (reason.codePoints().anyMatch(c -> c == 0 || (c >= 0xD800 && c <= 0xDFFF))) {
      throw new InvalidParameterException(
          "reason",
          "reason must be text without the character NUL and without lone surrogates, but was "
              + Quoted.of(reason));
    }
    int bytes = reason.getBytes(UTF_8).length;
    if (bytes > MAX_REASON_BYTES) {
      throw new InvalidParameterException(
          "reason",
          "reason must be at most %,d bytes, but had %,d".formatted(MAX_REASON_BYTES, bytes));
    }
    filters.forEach((name, values) -> {
      if (isPersonal(name) && values.stream().anyMatch(value -> ReasonCheck.says(reason, value))) {
        throw ReasonCheck.refused(name);
      }
    });
    return reason;
  }

  private static boolean isPersonal(String name) {
    try {
      PersonalField.of(name);
      return true;
    } catch (InvalidEventException e) {
      return false;
    }
  }

  /** Whether an entry with this id can be meant. */
  boolean includes(long id) {
    return ids.isEmpty()
        || ids.stream().anyMatch(range -> range.first() <= id && id <= range.last());
  }

  /** The first and the last id that can be meant, in a log that ends with this one. */
  Erasure.Ids span(long lastId) {
    long last = Math.max(1, lastId);
    return ids.isEmpty()
        ? new Erasure.Ids(1, last)
        : new Erasure.Ids(
            Math.min(last, ids.getFirst().first()), Math.min(last, ids.getLast().last()));
  }

  /** Whether only ids say which entries, so that their values need not be readable. */
  boolean isByIdOnly() {
    return query.needsNoIndex();
  }

  /** Whether a value with one of these names is to be erased. */
  boolean concerns(List<PersonalField> names) {
    return fields.isEmpty()
        || names.stream().anyMatch(name -> fields.stream().anyMatch(name::overlaps));
  }

  /** Whether it is, but only because a part of it was named: a value is erased as a whole. */
  boolean isWider(List<PersonalField> names) {
    return concerns(names)
        && !fields.isEmpty()
        && names.stream().noneMatch(name -> fields.stream().anyMatch(name::isIn));
  }
}
