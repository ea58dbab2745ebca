package io.tallystick.store.archive;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.ErasureIndex;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Checks the personal values of an archive's entries. */
final class ArchivedValues {
  private final ErasureIndex erasures;

  /**
   * @param erasures those that the archive proves
   */
  ArchivedValues(List<Erasure.Recorded> erasures) {
    this.erasures = new ErasureIndex(erasures);
  }

  /** What is wrong with the values of an entry, each as a sentence. */
  List<String> check(StoredEntry stored) {
    byte[] bytes = stored.bytes();
    if (stored.personal().isEmpty() && !EntryCodec.mayHavePersonal(bytes, 0, bytes.length)) {
      return List.of();
    }
    List<String> faults = new ArrayList<>();
    try {
      Entry entry = stored.decode();
      if (entry.personal().size() == stored.personal().size()) {
        int i = 0;
        for (Map.Entry<PersonalField, Hash> named : entry.personal().entrySet()) {
          PersonalValue value = stored.personal().get(i++);
          String fault = fault(entry, named.getKey(), value.state(named.getValue()));
          if (fault != null) {
            faults.add("entry " + stored.id() + ": the personal value of " + fault);
          }
        }
      }
      if (faults.isEmpty()) {
        var _ = ReadableEntry.of(entry, stored.personal());
      }
    } catch (InvalidEntryException e) {
      faults.add("entry " + stored.id() + ": " + e.getMessage());
    }
    return faults;
  }

  private @Nullable String fault(Entry entry, PersonalField field, PersonalValue.State state) {
    return switch (state) {
      case THERE -> null;
      case ERASED ->
          erasures.find(entry, field).isPresent()
              ? null
              : field + " is gone, and no entry records its erasure";
      case DAMAGED -> field + " is not the one that was written";
    };
  }
}
