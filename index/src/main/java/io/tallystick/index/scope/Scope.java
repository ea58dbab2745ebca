package io.tallystick.index.scope;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which entries somebody sees: those that have one of the given values in each of the given fields.
 * Values are compared with those of the entry to the byte, never folded as those of filters are.
 * Immutable.
 *
 * @param only of each field the values of which one must be there; a field that is not named may
 *     hold anything
 */
public record Scope(Map<EntryField, SortedSet<String>> only) {
  /**
   * The fields that a scope may name: those that the server can vouch for. It sets the source
   * itself, and the tenant where a key has a stamp. All others say what a client likes.
   */
  public static final List<EntryField> FIELDS = List.of(EntryField.TENANT, EntryField.SOURCE);

  /** Every entry. */
  public static final Scope ALL = new Scope(Map.of());

  /**
   * @throws IllegalArgumentException if it names another field, or one without a value
   */
  public Scope {
    Map<EntryField, SortedSet<String>> copy = new EnumMap<>(EntryField.class);
    only.forEach((field, values) -> {
      if (!FIELDS.contains(field) || values.isEmpty()) {
        throw new IllegalArgumentException("no scope can name " + field + " and " + values);
      }
      copy.put(field, Collections.unmodifiableSortedSet(new TreeSet<>(values)));
    });
    only = Collections.unmodifiableMap(copy);
  }

  /** Whether every entry is seen. */
  public boolean isAll() {
    return only.isEmpty();
  }

  /** Whether this entry is seen. */
  public boolean includes(Entry entry) {
    for (Map.Entry<EntryField, SortedSet<String>> one : only.entrySet()) {
      String value = value(entry, one.getKey());
      if (value == null || !one.getValue().contains(value)) {
        return false;
      }
    }
    return true;
  }

  /** What an entry has in a field; the log's own entries have the source {@link Entry#LOG}. */
  public static @Nullable String value(Entry entry, EntryField field) {
    String text = entry.text(field);
    return text == null && field == EntryField.SOURCE ? Entry.LOG : text;
  }
}
