package io.tallystick.service.answer;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.ErasureIndex;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The views of a log's entries. Says of what is not there any more which erasure took it. Safe for
 * any number of threads.
 */
public final class EntryViews {
  private final LogReader log;
  private volatile List<Long> known = List.of();
  private volatile ErasureIndex erasures = new ErasureIndex(List.of());

  public EntryViews(LogReader log) {
    this.log = log;
  }

  /**
   * The view of an entry of the log.
   *
   * @throws IOException if its own bytes are not an entry, or the log can't be read
   */
  public EntryView of(StoredEntry stored) throws IOException {
    return of(stored, HiddenValues.NONE).view();
  }

  /**
   * The same without what is to be left out, nor what would confirm a guess of it.
   *
   * @throws IOException if its own bytes are not an entry, or the log can't be read
   */
  public RedactedEntry of(StoredEntry stored, HiddenValues without) throws IOException {
    PartialEntry read = read(stored);
    if (!read.damaged().isEmpty()) {
      // It may have been erased while it was being read.
      log.forgetBlocks();
      Optional<StoredEntry> again = log.read(stored.id());
      read = again.isPresent() ? read(again.get()) : read;
    }
    Entry entry = read.entry();
    List<PersonalField> hidden = without.in(read);
    Map<String, EntryView.Salted> personal = new LinkedHashMap<>();
    for (Map.Entry<PersonalField, PersonalValue> value : read.readable().values().entrySet()) {
      PersonalField name = value.getKey();
      // A salt and a commitment tell whether a guess is right, also of a part of the value.
      if (hidden.stream().noneMatch(name::overlaps)) {
        personal.put(
            name.toString(),
            new EntryView.Salted(value.getValue().saltText(), commitment(entry, name)));
      }
    }
    Map<String, EntryView.ErasedValue> erased = new LinkedHashMap<>();
    for (PersonalField name : shown(read.erased(), hidden)) {
      erased.put(
          name.toString(),
          new EntryView.ErasedValue(erasure(entry, name), commitment(entry, name)));
    }
    Map<String, EntryView.DamagedValue> damaged = new LinkedHashMap<>();
    for (PersonalField name : shown(read.damaged(), hidden)) {
      damaged.put(name.toString(), new EntryView.DamagedValue(commitment(entry, name)));
    }
    Event event = hidden.isEmpty() ? read.event() : read.event().without(hidden);
    return new RedactedEntry(
        EntryView.of(entry, event, stored.hash(), personal, erased, damaged),
        hidden.stream().map(PersonalField::toString).toList());
  }

  private static List<PersonalField> shown(List<PersonalField> names, List<PersonalField> hidden) {
    return names.stream().filter(name -> hidden.stream().noneMatch(name::isIn)).toList();
  }

  private static PartialEntry read(StoredEntry stored) throws IOException {
    try {
      return PartialEntry.of(stored);
    } catch (InvalidEntryException e) {
      throw new IOException("entry " + stored.id() + " can't be decoded: " + e.getMessage(), e);
    }
  }

  private static String commitment(Entry entry, PersonalField name) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(Objects.requireNonNull(entry.personal().get(name)).toBytes());
  }

  /** The first erasure of this value; {@code null} if none is known. */
  private @Nullable Long erasure(Entry entry, PersonalField name) throws IOException {
    Optional<Erasure.Recorded> found = erasures.find(entry, name);
    if (found.isEmpty()) {
      List<Long> now = log.erasures().entries();
      if (!now.equals(known)) {
        erasures = index(now);
        known = now;
        found = erasures.find(entry, name);
      }
    }
    return found.map(Erasure.Recorded::id).orElse(null);
  }

  private ErasureIndex index(List<Long> ids) throws IOException {
    List<Erasure.Recorded> recorded = new ArrayList<>();
    for (long id : ids) {
      log.read(id).flatMap(stored -> Erasure.of(stored.decode())).ifPresent(recorded::add);
    }
    return new ErasureIndex(recorded);
  }
}
