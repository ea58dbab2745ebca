package io.tallystick.store.segment;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.Nanos;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of the log: the last entry whose block is whole, and what comes after it in its segment.
 *
 * <p>A crash leaves blocks that are not whole in the newest segment alone, for it was begun when
 * all of the one before it was forced. Where the newest holds no whole block and the one before it
 * does not end whole either, somebody or something else was at work.
 *
 * @param segment name of the newest segment; {@code null} if there is none
 * @param position offset in it at which the next block would start
 * @param lastDocument offset of the last whole document before that
 * @param stop why reading ended there
 * @param defect what is wrong with the block at {@code position}, as the rest of a sentence; {@code
 *     null} if there is none
 * @param gap where an older segment does not end whole, though its last block is the log's, and
 *     why, as a sentence's beginning; {@code null} if it does
 * @param lastBlocks the last whole blocks, in order; empty if the log has none
 */
public record Tail(
    @Nullable String segment,
    long position,
    long lastDocument,
    SegmentCursor.Stop stop,
    @Nullable String defect,
    @Nullable String gap,
    List<Block> lastBlocks) {
  /** More bytes than these are never written and not forced: what may be pending, and one block. */
  private static final long UNFORCED_BYTES =
      LogConfig.MAX_PENDING_BYTES + BlockFormat.MAX_BLOCK_BYTES;

  /** Blocks of this many bytes before the end have their chain checked at open. */
  private static final int CHAIN_BYTES = 4 << 20;

  /** Id, hash and time of the log's last entry; the genesis hash and 0 where there is none. */
  public record Last(long id, Hash hash, long nanos) {}

  /**
   * Finds the end of the log. Chronicle's index leads to a block before it, and the CRC of every
   * block from there on is checked: at least all those that can have been written and not forced.
   */
  public static Tail find(Segments segments) throws IOException {
    List<String> names = segments.names();
    Tail end = new Tail(null, 0, 0, SegmentCursor.Stop.END, null, null, List.of());
    for (int i = names.size() - 1; i >= 0 && end.lastBlocks.isEmpty(); i--) {
      try (SegmentFile file = segments.open(names.get(i))) {
        Tail tail = of(file);
        end = end.segment == null ? tail : end.after(tail);
      }
    }
    return end;
  }

  /** The end of one segment. */
  static Tail of(SegmentFile file) throws IOException {
    return walk(file, start(file));
  }

  /** This tail, of segments without a whole block, behind that of the segment before them. */
  private Tail after(Tail older) {
    String found = gap == null ? older.notWhole() : gap;
    return new Tail(segment, position, lastDocument, stop, defect, found, older.lastBlocks);
  }

  private @Nullable String notWhole() {
    boolean whole = stop == SegmentCursor.Stop.END || stop == SegmentCursor.Stop.END_OF_FILE;
    return whole && defect == null
        ? null
        : segment
            + "@"
            + position
            + ": the block there "
            + (defect == null ? "has no sound header" : defect);
  }

  /**
   * Offset of a whole indexed block that is at least {@link #UNFORCED_BYTES} before the last
   * indexed one; 0 where there is none.
   */
  private static long start(SegmentFile file) throws IOException {
    ExcerptIndex index = ExcerptIndex.of(file);
    long newest = 0;
    for (long k = index.size() - 1; k >= 0; k--) {
      long position = index.position(k);
      newest = Math.max(newest, position);
      if (position > 0 && position <= newest - UNFORCED_BYTES && isBlock(file, position)) {
        return position;
      }
    }
    return 0;
  }

  private static boolean isBlock(SegmentFile file, long position) throws IOException {
    SegmentCursor probe = new SegmentCursor(file, position);
    return probe.next() && probe.position() == position && probe.block().defect() == null;
  }

  private static Tail walk(SegmentFile file, long start) throws IOException {
    SegmentCursor cursor = new SegmentCursor(file, start);
    Deque<Block> last = new ArrayDeque<>();
    long bytes = 0;
    String defect = null;
    while (defect == null && cursor.next()) {
      Block block = cursor.block();
      defect = block.defect();
      if (defect == null) {
        last.addLast(block);
        bytes += block.bytes().length;
        while (last.size() > 1 && bytes - last.getFirst().bytes().length >= CHAIN_BYTES) {
          bytes -= last.removeFirst().bytes().length;
        }
      }
    }
    return new Tail(
        file.name(),
        cursor.position(),
        cursor.lastDocument(),
        cursor.stop(),
        defect,
        null,
        List.copyOf(last));
  }

  /** Id of the last entry, 0 if there is none. */
  public long lastId() {
    return lastBlocks.isEmpty() ? 0 : lastBlocks.getLast().lastId();
  }

  /**
   * Checks the chain of the last blocks.
   *
   * @param genesis what the first entry has as the hash of the entry before it
   * @return the last entry
   * @throws LogException.Corrupt if the blocks are whole but do not hold together, or a segment
   *     begins after one that does not end whole, which no crash brings about
   */
  public Last checkChain(Hash genesis) throws LogException.Corrupt {
    if (gap != null) {
      throw corrupt(gap);
    }
    Last last = new Last(0, genesis, 0);
    for (Block block : lastBlocks) {
      for (int i = 0; i < block.count(); i++) {
        long id = block.firstId() + i;
        boolean unlinked = last.id == 0 && id > 1;
        try {
          EntryCodec.Head head =
              EntryCodec.decodeHead(block.bytes(), block.entryOffset(i), block.entryLength(i));
          long nanos = Nanos.of(head.epochSecond(), head.nano());
          if (head.id() != id || (!unlinked && id != last.id + 1)) {
            throw corrupt(id, "entry " + (last.id + 1) + " was due, and it says " + head.id());
          }
          if (!unlinked && !head.previousHash().equals(last.hash)) {
            throw corrupt(id, "it is not chained to the entry before it");
          }
          if (nanos <= last.nanos) {
            throw corrupt(id, "it is not later than the entry before it");
          }
          last =
              new Last(
                  id,
                  EntryHash.of(block.bytes(), block.entryOffset(i), block.entryLength(i)),
                  nanos);
        } catch (InvalidEntryException e) {
          throw corrupt(id, String.valueOf(e.getMessage()));
        }
      }
    }
    return last;
  }

  private static LogException.Corrupt corrupt(long id, String what) {
    return corrupt("entry " + id + ": " + what);
  }

  private static LogException.Corrupt corrupt(String what) {
    return new LogException.Corrupt(
        "the log's end does not hold together, so nothing is appended to it: "
            + what
            + "; run \"tally verify\"");
  }
}
