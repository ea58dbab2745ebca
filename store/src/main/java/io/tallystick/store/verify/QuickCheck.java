package io.tallystick.store.verify;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.Node;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TileNodes;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Checks a range in O(log n): reads its first and last entry, and checks that the stored hashes of
 * all entries between are those that were sealed. It does not read those entries. Used once, by one
 * thread.
 */
public final class QuickCheck {
  private final LogReader reader;
  private final PersonalCheck personal;
  private final TileHashReader.Source tiles;
  private final Consumer<Fault> faults;
  private final Hasher hasher = new Hasher();

  QuickCheck(LogReader reader, PersonalCheck personal, Consumer<Fault> faults) {
    this.personal = personal;
    this.reader = reader;
    this.tiles = reader.tree().tiles();
    this.faults = faults;
  }

  long leavesHashed() {
    return hasher.leavesHashed();
  }

  long nodesHashed() {
    return hasher.nodesHashed();
  }

  /**
   * Checks the sealed part of the range.
   *
   * @return the last id that was checked
   */
  long check(SignedCheckpoint checkpoint, long start, long end) throws IOException {
    long there = Math.max(start - 1, reader.lastId());
    if (end > there) {
      faults.accept(Fault.missing(there, end));
    }
    long last = Math.min(end, checkpoint.size());
    if (start > last) {
      return start - 1;
    }
    try {
      long size = checkpoint.size();
      TileNodes nodes = new TileNodes(size, tiles, hasher);
      CompactRange range = CompactRange.read(start - 1, nodes, hasher);
      boolean readable = entry(range, start);
      if (last > start) {
        inner(range, nodes, start, last - 1);
        readable &= entry(range, last);
      }
      inner(range, nodes, last, size);
      if (readable && !range.root().equals(checkpoint.checkpoint().root())) {
        differs(checkpoint, start, last);
      }
    } catch (CorruptTileException e) {
      faults.accept(new Fault(start, Fault.Kind.TILE, String.valueOf(e.getMessage())));
    }
    return last;
  }

  /** Adds the stored hashes of the leaves {@code [from, to)}. */
  private static void inner(CompactRange range, TileNodes nodes, long from, long to)
      throws IOException {
    List<Node> cover = Node.cover(from, to);
    List<Hash> hashes = nodes.read(cover);
    for (int i = 0; i < cover.size(); i++) {
      range.append(cover.get(i).level(), hashes.get(i));
    }
  }

  /** Reads the entry and adds its hash; {@code false} if it is unreadable. */
  private boolean entry(CompactRange range, long id) throws IOException {
    String defect;
    try {
      Optional<StoredEntry> entry = reader.read(id);
      if (entry.isPresent()) {
        byte[] bytes = entry.get().bytes();
        long found = EntryCodec.decode(bytes).id();
        if (found != id) {
          faults.accept(new Fault(id, Fault.Kind.SEQUENCE, "entry " + id + " has the id " + found));
        }
        if (!personal.firstSight(entry.get()).isEmpty()) {
          personal.doubt(id);
        }
        range.append(hasher.leaf(bytes));
        return true;
      }
      defect = "entry " + id + " is missing";
    } catch (LogException.Corrupt | InvalidEntryException e) {
      defect = "entry " + id + ": " + e.getMessage();
    }
    faults.accept(new Fault(id, Fault.Kind.CONTENT, defect));
    range.append(Hasher.EMPTY_ROOT);
    return false;
  }

  private void differs(SignedCheckpoint checkpoint, long start, long last) throws IOException {
    TileHashReader sealed =
        new TileHashReader(checkpoint.size(), checkpoint.checkpoint().root(), tiles, new Hasher());
    boolean named = false;
    for (long id : start == last ? List.of(start) : List.of(start, last)) {
      Hash due = sealed.read(List.of(new Node(0, id - 1))).getFirst();
      StoredEntry entry = reader.read(id).orElseThrow();
      if (!new Hasher().leaf(entry.bytes()).equals(due)) {
        faults.accept(
            new Fault(id, Fault.Kind.TREE, "entry " + id + " is not the one that was sealed"));
        named = true;
      }
    }
    sealed.read(Node.cover(start - 1, last));
    if (!named) {
      faults.accept(
          new Fault(
              start,
              Fault.Kind.TREE,
              "the stored hashes of entries "
                  + start
                  + " to "
                  + last
                  + " do not give the sealed root"));
    }
  }
}
