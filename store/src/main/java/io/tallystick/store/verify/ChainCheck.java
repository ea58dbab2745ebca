package io.tallystick.store.verify;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.Nanos;
import io.tallystick.store.segment.Block;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks a run of blocks: every entry's id, time and link to the entry before it. Runs are checked
 * in parallel, each by one thread, and joined in order with {@link #follow}.
 */
public final class ChainCheck {
  /** The last checked entry, to which the next one must be chained. */
  record Link(long id, Hash hash, long nanos) {}

  private final long startId;
  private final long endId;
  private final boolean strict;
  private final PersonalCheck personal;
  private final List<Long> doubtful = new ArrayList<>();
  private final List<Erasure.Recorded> erasures = new ArrayList<>();
  private final Hasher hasher = new Hasher();
  private final List<Fault> faults = new ArrayList<>();

  /** The first entry of the run; {@link #follow} checks its link to the entry before it. */
  private EntryCodec.@Nullable Head first;

  private long firstId;
  private @Nullable Link last;

  /** The last entry, if its block is damaged and no later entry has confirmed it yet. */
  private long suspectId;

  private int checked;

  /** The hashes of all checked entries, one after another, and their ids. */
  private byte[] leaves = new byte[1_024 * Hash.BYTES];

  private long[] ids = new long[1_024];

  /** A check of the entries from {@code startId} to {@code endId}; others are skipped. */
  ChainCheck(long startId, long endId, boolean strict, PersonalCheck personal) {
    this.personal = personal;
    this.startId = startId;
    this.endId = endId;
    this.strict = strict;
  }

  /** Checks the entries of the next block. */
  void block(Block block, String where) {
    if (block.defect() != null) {
      faults.add(
          new Fault(
              block.firstId(),
              Fault.Kind.BLOCK,
              where
                  + ": the block with "
                  + (block.count() == 0
                      ? "first entry " + block.firstId()
                      : "entries " + block.firstId() + " to " + block.lastId())
                  + " "
                  + block.defect()));
    }
    for (int i = 0; i < block.count(); i++) {
      long id = block.firstId() + i;
      if (id >= startId && id <= endId) {
        entry(block, i, id);
      }
    }
  }

  private void entry(Block block, int i, long id) {
    byte[] bytes = block.bytes();
    int offset = block.entryOffset(i);
    int length = block.entryLength(i);
    EntryCodec.Head head = null;
    try {
      head = EntryCodec.decodeHead(bytes, offset, length);
      if (head.id() != id) {
        fault(id, Fault.Kind.SEQUENCE, "has the id " + head.id());
      }
      if (strict || block.defect() != null) {
        EntryCodec.decode(block.entry(i));
      }
      boolean mayHavePersonal =
          block.personalCount(i) > 0 || EntryCodec.mayHavePersonal(bytes, offset, length);
      List<String> wrong =
          mayHavePersonal ? personal.firstSight(block.stored(i)) : List.<String>of();
      if (block.defect() != null) {
        wrong.forEach(what -> fault(id, Fault.Kind.CONTENT, what));
      } else if (!wrong.isEmpty()) {
        doubtful.add(id);
      }
      if (Erasure.mayRecord(bytes, offset, length)) {
        Erasure.of(EntryCodec.decode(block.entry(i))).ifPresent(erasures::add);
      }
    } catch (InvalidEntryException e) {
      fault(id, Fault.Kind.CONTENT, "is not a valid entry: " + e.getMessage());
    }
    if (last == null) {
      first = head;
      firstId = id;
    } else {
      link(last, id, head);
    }
    long nanos =
        head == null ? (last == null ? 0 : last.nanos) : Nanos.of(head.epochSecond(), head.nano());
    suspectId = block.defect() == null ? 0 : id;
    if (checked == ids.length) {
      ids = Arrays.copyOf(ids, 2 * ids.length);
      leaves = Arrays.copyOf(leaves, 2 * leaves.length);
    }
    ids[checked] = id;
    hasher.leaf(bytes, offset, length, leaves, checked * Hash.BYTES);
    last = new Link(id, Hash.of(leaves, checked * Hash.BYTES, Hash.BYTES), nanos);
    checked++;
  }

  private void link(Link before, long id, EntryCodec.@Nullable Head head) {
    if (id != before.id + 1) {
      fault(
          id,
          Fault.Kind.SEQUENCE,
          id <= before.id
              ? "is where entry " + (before.id + 1) + " was expected"
              : "is where entry "
                  + (before.id + 1)
                  + " was expected: "
                  + missing(before.id + 1, id - 1));
    }
    if (head == null) {
      return;
    }
    if (!head.previousHash().equals(before.hash)) {
      fault(
          id,
          Fault.Kind.CHAIN,
          "has a previous_hash that is not the hash of the entry before it: either this entry or"
              + " entry "
              + before.id
              + " was changed");
    }
    if (Nanos.of(head.epochSecond(), head.nano()) <= before.nanos) {
      fault(
          id,
          Fault.Kind.TIME,
          "has the time "
              + Nanos.toInstant(Nanos.of(head.epochSecond(), head.nano()))
              + ", not later than the entry before it");
    }
  }

  private static String missing(long from, long to) {
    return from == to
        ? "entry " + from + " is missing"
        : "entries " + from + " to " + to + " are missing";
  }

  private void fault(long id, Fault.Kind kind, String what) {
    faults.add(new Fault(id, kind, "entry " + id + " " + what));
  }

  /** Joins this run to the entries before it, by checking the link between them. */
  void follow(@Nullable Link before) {
    if (before != null && last != null) {
      List<Fault> own = List.copyOf(faults);
      faults.clear();
      link(before, firstId, first);
      faults.addAll(own);
    }
  }

  /** Ends the check: no later entry confirms a last entry in a damaged block. */
  void end() {
    if (suspectId > 0 && faults.stream().noneMatch(f -> f.kind() != Fault.Kind.BLOCK)) {
      fault(
          suspectId,
          Fault.Kind.CONTENT,
          "is the last one and its block is damaged, so nothing confirms that it is unchanged");
    }
  }

  /** Entries whose personal values are to be looked at again. */
  List<Long> doubtful() {
    return doubtful;
  }

  /** Erasures that entries of the run record. */
  List<Erasure.Recorded> erasures() {
    return erasures;
  }

  List<Fault> faults() {
    return faults;
  }

  /** The last checked entry; {@code null} if the run has none in the range. */
  @Nullable Link last() {
    return last;
  }

  /** Number of checked entries, and of computed leaf hashes. */
  int checked() {
    return checked;
  }

  /** Id of the i-th checked entry. */
  long id(int i) {
    return ids[i];
  }

  /** Hashes of the checked entries, 32 bytes each; not copied. */
  byte[] leaves() {
    return leaves;
  }
}
