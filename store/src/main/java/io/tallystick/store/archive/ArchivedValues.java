package io.tallystick.store.archive;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.ErasureIndex;
import io.tallystick.store.log.StoredEntry;
import java.util.List;
import java.util.Optional;

/** Checks the personal values of an archive's entries. */
final class ArchivedValues {
  private final ErasureIndex erasures;

  /**
   * @param erasures those that the archive proves
   */
  ArchivedValues(List<Erasure.Recorded> erasures) {
    this.erasures = new ErasureIndex(erasures);
  }

  /** What is wrong with the values of an entry, as a sentence. */
  Optional<String> check(StoredEntry stored) {
    byte[] bytes = stored.bytes();
    if (stored.personal().isEmpty() && !EntryCodec.mayHavePersonal(bytes, 0, bytes.length)) {
      return Optional.empty();
    }
    try {
      Entry entry = stored.decode();
      for (PersonalField field : ReadableEntry.of(entry, stored.personal()).erased()) {
        if (erasures.find(entry, field).isEmpty()) {
          return Optional.of(
              "entry "
                  + stored.id()
                  + ": the personal value of "
                  + field
                  + " is gone, and no entry records its erasure");
        }
      }
      return Optional.empty();
    } catch (InvalidEntryException e) {
      return Optional.of("entry " + stored.id() + ": " + e.getMessage());
    }
  }
}
