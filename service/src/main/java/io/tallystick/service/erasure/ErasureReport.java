package io.tallystick.service.erasure;

import io.tallystick.service.retention.LegalHold;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an erasure did, or would do; also its form in answers.
 *
 * @param entries how many entries have values that were there to erase
 * @param values how many values
 * @param fields how many of each name, the first {@value #MAX_FIELDS} names
 * @param wider how many of each name go only because the request names a part of them: a value is
 *     erased as a whole; these are counted in {@code fields} too
 * @param withoutPersonal how many entries match and have no personal value to erase: what was not
 *     said to be personal when it was written stays
 * @param otherSpellings how many entries a list would show as well, whose names differ in case or
 *     Unicode form; nothing of them is erased
 * @param unreadable how many entries have a damaged value or can't be read, and so may match
 * @param holds the legal holds over these entries; any of them stands against it
 * @param missingArchives archives that have some of the log's entries and are not here, so that
 *     nothing was looked for or erased in them
 * @param erasures ids of the entries that record it; none after a dry run, or if nothing was there
 */
public record ErasureReport(
    boolean dryRun,
    long entries,
    long values,
    Map<String, Long> fields,
    Map<String, Long> wider,
    long withoutPersonal,
    long otherSpellings,
    long unreadable,
    List<LegalHold> holds,
    List<String> missingArchives,
    List<Long> erasures) {
  /** Most names that are listed: a client may have used any number of paths. */
  public static final int MAX_FIELDS = 100;

  public ErasureReport {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    wider = Collections.unmodifiableMap(new LinkedHashMap<>(wider));
    holds = List.copyOf(holds);
    missingArchives = List.copyOf(missingArchives);
    erasures = List.copyOf(erasures);
  }
}
