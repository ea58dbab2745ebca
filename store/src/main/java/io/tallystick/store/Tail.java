package io.tallystick.store;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of the log: the last entry whose block is whole, and what comes after it in its segment.
 *
 * @param segment name of the newest segment; {@code null} if there is none
 * @param position offset in it at which the next block would start
 * @param lastDocument offset of the last whole document before that
 * @param stop why reading ended there
 * @param defect what is wrong with the block at {@code position}, as the rest of a sentence; {@code
 *     null} if there is none
 * @param lastId id of the last entry, 0 if there is none
 * @param lastHash its hash, or the genesis hash
 * @param lastNanos its time, or 0
 */
record Tail(
    @Nullable String segment,
    long position,
    long lastDocument,
    SegmentCursor.Stop stop,
    @Nullable String defect,
    long lastId,
    Hash lastHash,
    long lastNanos) {

  /**
   * Finds the end of the log, with the help of Chronicle's index, and checks the chain of the up to
   * 256 blocks before it.
   *
   * @param genesis what the first entry has as previous hash
   */
  static Tail find(Segments segments, Hash genesis) throws IOException {
    List<String> names = segments.names();
    Tail end = new Tail(null, 0, 0, SegmentCursor.Stop.END, null, 0, genesis, 0);
    for (int i = names.size() - 1; i >= 0; i--) {
      try (SegmentFile file = segments.open(names.get(i))) {
        Tail tail = of(file, genesis);
        if (end.segment == null) {
          end = tail;
        } else if (tail.lastId > 0) {
          end =
              new Tail(
                  end.segment,
                  end.position,
                  end.lastDocument,
                  end.stop,
                  end.defect,
                  tail.lastId,
                  tail.lastHash,
                  tail.lastNanos);
        }
      }
      if (end.lastId > 0) {
        break;
      }
    }
    return end;
  }

  private static Tail of(SegmentFile file, Hash genesis) throws IOException {
    ExcerptIndex index = ExcerptIndex.of(file);
    long start = 0;
    for (long k = index.size() - 1; k >= 0 && start == 0; k--) {
      long position = index.position(k);
      SegmentCursor probe = file.cursor(position);
      if (position > 0
          && probe.next()
          && probe.position() == position
          && probe.block().defect() == null) {
        start = position;
      }
    }
    return walk(file, start, genesis);
  }

  private static Tail walk(SegmentFile file, long start, Hash genesis) throws IOException {
    SegmentCursor cursor = file.cursor(start);
    long lastId = 0;
    long lastNanos = 0;
    Hash lastHash = genesis;
    String defect = null;
    while (cursor.next()) {
      Block block = cursor.block();
      defect = block.defect();
      if (defect == null && lastId > 0 && block.firstId() != lastId + 1) {
        defect = "starts with entry " + block.firstId() + " where " + (lastId + 1) + " was due";
      }
      for (int i = 0; defect == null && i < block.count(); i++) {
        long id = block.firstId() + i;
        try {
          EntryCodec.Head head =
              EntryCodec.decodeHead(block.bytes(), block.entryOffset(i), block.entryLength(i));
          long nanos = Nanos.of(head.epochSecond(), head.nano());
          if (head.id() != id) {
            defect = "holds an entry that says id " + head.id() + " in the place of " + id;
          } else if ((lastId > 0 || id == 1) && !head.previousHash().equals(lastHash)) {
            defect = "holds entry " + id + ", which is not chained to the entry before it";
          } else if (nanos <= lastNanos) {
            defect = "holds entry " + id + ", which is not later than the entry before it";
          } else {
            lastId = id;
            lastNanos = nanos;
            lastHash = EntryHash.of(block.entry(i));
          }
        } catch (InvalidEntryException e) {
          defect = "holds an entry " + id + " that can't be read: " + e.getMessage();
        }
      }
      if (defect != null) {
        break;
      }
    }
    return new Tail(
        file.name(),
        cursor.position(),
        cursor.lastDocument(),
        cursor.stop(),
        defect,
        lastId,
        lastHash,
        lastNanos);
  }
}
