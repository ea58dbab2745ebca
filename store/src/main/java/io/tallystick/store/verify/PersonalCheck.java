package io.tallystick.store.verify;

import io.tallystick.entry.Entry;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.ErasureIndex;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SafePoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks the personal values of entries (format.md, Verification): each opens its commitment, or is
 * zero and an entry records its erasure. What does not at first sight is looked at again at the
 * end, because a value may be erased while it is being read. Used by one thread, except {@link
 * #firstSight}.
 */
final class PersonalCheck {
  /** Most entries that are looked at again. */
  private static final int MAX_DOUBTFUL = VerifyReport.MAX_FAULTS;

  private final LogReader reader;
  private final Consumer<Fault> faults;
  private final boolean restored;

  /** What is known of erasures at the start. */
  private volatile ErasureIndex recorded = new ErasureIndex(List.of());

  private volatile Erasures erasures = Erasures.NONE;

  private final TreeSet<Long> doubtful = new TreeSet<>();
  private final Map<Long, Erasure.Recorded> passed = new HashMap<>();

  PersonalCheck(LogReader reader, Consumer<Fault> faults) throws IOException {
    this.reader = reader;
    this.faults = faults;
    this.restored = reader.horizon().isRestored();
    refresh(true);
  }

  private void refresh(boolean tell) throws IOException {
    try {
      erasures = reader.erasures();
    } catch (LogException.Corrupt e) {
      if (tell) {
        faults.accept(new Fault(0, Fault.Kind.SEGMENT, String.valueOf(e.getMessage())));
      }
    }
    Map<Long, Erasure.Recorded> known = new HashMap<>(passed);
    for (long id : erasures.entries()) {
      if (!known.containsKey(id) && id >= reader.firstId()) {
        recorded(id).ifPresent(one -> known.put(id, one));
      }
    }
    recorded = new ErasureIndex(known.values());
  }

  private Optional<Erasure.Recorded> recorded(long id) throws IOException {
    try {
      Optional<StoredEntry> entry = reader.read(id);
      return entry.isEmpty() ? Optional.empty() : Erasure.of(entry.get().decode());
    } catch (LogException.Corrupt | InvalidEntryException e) {
      // It is reported where entries are checked.
      return Optional.empty();
    }
  }

  /**
   * What is wrong with the values of an entry at first sight, each as the rest of a sentence.
   * Called by any thread.
   *
   * @throws InvalidEntryException if the bytes are not an entry
   */
  List<String> firstSight(StoredEntry stored) {
    return faults(stored, recorded);
  }

  /** Notes an entry with which something seems to be wrong. */
  void doubt(long id) {
    if (doubtful.size() < MAX_DOUBTFUL) {
      doubtful.add(id);
    }
  }

  /** Notes an entry that records an erasure. */
  void pass(Erasure.Recorded erasure) {
    passed.put(erasure.id(), erasure);
  }

  /** Reports what is wrong with the entries that were noted. */
  void end() throws IOException {
    if (doubtful.isEmpty()) {
      return;
    }
    // Before the values are read again: what is carried out by now is zero by now.
    refresh(false);
    reader.forgetBlocks();
    boolean searched = false;
    for (long id : doubtful) {
      SafePoint.reach();
      List<String> found = faults(id);
      if (!found.isEmpty() && !searched) {
        // The list of erasures may be lost; the entries that record them are not.
        searched = true;
        search(doubtful.first());
        found = faults(id);
      }
      found.forEach(
          fault -> faults.accept(new Fault(id, Fault.Kind.CONTENT, "entry " + id + " " + fault)));
    }
  }

  private void search(long from) throws IOException {
    reader.forEachBlock(
        from,
        reader.lastId(),
        (block, first, last) -> {
          for (long id = first; id <= last; id++) {
            int i = (int) (id - block.firstId());
            if (Erasure.mayRecord(block.bytes(), block.entryOffset(i), block.entryLength(i))) {
              recorded(id).ifPresent(this::pass);
            }
          }
          return true;
        });
    refresh(false);
  }

  private List<String> faults(long id) throws IOException {
    try {
      Optional<StoredEntry> stored = reader.read(id);
      return stored.isEmpty() ? List.of() : faults(stored.get(), recorded);
    } catch (LogException.Corrupt | InvalidEntryException e) {
      // Reported already, as a fault of the block or of the entry.
      return List.of();
    }
  }

  /** What is wrong with the values of an entry, each as the rest of a sentence. */
  private List<String> faults(StoredEntry stored, ErasureIndex recorded) {
    Entry entry = stored.decode();
    List<PersonalValue> values = stored.personal();
    List<PersonalField> fields = new ArrayList<>(entry.personal().keySet());
    List<Hash> commitments = new ArrayList<>(entry.personal().values());
    if (fields.size() != values.size()) {
      return List.of(
          "names " + fields.size() + " personal values, and beside it stand " + values.size());
    }
    List<String> faults = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      PersonalField field = fields.get(i);
      PersonalValue value = values.get(i);
      Erasure.Recorded erasure = recorded.find(entry, field).orElse(null);
      String fault = fault(value, commitments.get(i), erasure);
      if (fault != null) {
        faults.add(fault.replace("%s", field.toString()));
      }
    }
    return faults;
  }

  private @Nullable String fault(
      PersonalValue value, Hash commitment, Erasure.@Nullable Recorded erasure) {
    if (value.isZero()) {
      return erasure != null || restored
          ? null
          : "has no personal value of %s, and no entry records that it was erased";
    }
    if (erasure != null) {
      return erasures.isPending(erasure.id())
          ? null
          : "still has the personal value of %s, which entry " + erasure.id() + " erased";
    }
    return value.state(commitment) == PersonalValue.State.THERE
        ? null
        : "has a personal value of %s that is not the one that was written";
  }
}
