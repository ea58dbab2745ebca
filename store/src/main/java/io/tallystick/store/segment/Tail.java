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
 * The end of the log: the last entry whose block is complete, and what follows it in its segment.
 * Immutable.
 *
 * <p>A crash leaves incomplete blocks only in the newest segment, which was begun when all blocks
 * of the previous one were forced. If the newest segment has no complete block and the previous one
 * does not end properly either, something other than a crash changed the log.
 *
 * @param segment name of the newest segment; {@code null} if there is none
 * @param position offset in it at which the next block would start
 * @param lastDocument offset of the last complete document before that
 * @param stop why reading stopped there
 * @param defect what is wrong with the block at {@code position}, as the predicate of a sentence;
 *     {@code null} if nothing is
 * @param gap place and reason, as a sentence, if the segment that holds the last block does not end
 *     properly although a newer one exists; otherwise {@code null}
 * @param lastBlocks the last complete blocks, in order; empty if the log has none
 */
public record Tail(
    @Nullable String segment,
    long position,
    long lastDocument,
    SegmentCursor.Stop stop,
    @Nullable String defect,
    @Nullable String gap,
    List<Block> lastBlocks) {
  /** Most bytes that are written and not forced: the pending ones and one block. */
  private static final long UNFORCED_BYTES =
      LogConfig.MAX_PENDING_BYTES + BlockFormat.MAX_BLOCK_BYTES;

  /** The chain of this many bytes of blocks before the end is checked at open. */
  private static final int CHAIN_BYTES = 4 << 20;

  /** Id, hash and time of the log's last entry; 0 and the genesis hash if it has none. */
  public record Last(long id, Hash hash, long nanos) {}

  /**
   * Finds the end of the log. Chronicle's index leads to a block before it. From there on every
   * block's CRC32C is checked, which includes all blocks that may be written and not forced, and so
   * are the personal values of entries that are not sealed: no others can have been erased.
   *
   * @param sealedId the last entry that a checkpoint covers; 0 if there is none
   */
  public static Tail find(Segments segments, long sealedId) throws IOException {
    List<String> names = segments.names();
    Tail end = new Tail(null, 0, 0, SegmentCursor.Stop.END, null, null, List.of());
    for (int i = names.size() - 1; i >= 0 && end.lastBlocks.isEmpty(); i--) {
      try (SegmentFile file = segments.open(names.get(i))) {
        Tail tail = of(file, sealedId);
        end = end.segment == null ? tail : end.after(tail);
      }
    }
    return end;
  }

  /** The end of one segment whose entries are all sealed. */
  static Tail of(SegmentFile file) throws IOException {
    return of(file, Long.MAX_VALUE);
  }

  private static Tail of(SegmentFile file, long sealedId) throws IOException {
    return walk(file, start(file), sealedId);
  }

  /** Combines this tail, of segments without a complete block, with that of the previous one. */
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
            + ": the block "
            + (defect == null ? "has an invalid header" : defect);
  }

  /**
   * Offset of an intact indexed block at least {@link #UNFORCED_BYTES} before the last indexed one.
   * If there is none, that of the first block, so that damage before it hides nothing; 0 if that is
   * not intact either.
   */
  private static long start(SegmentFile file) throws IOException {
    ExcerptIndex index = ExcerptIndex.of(file);
    long newest = 0;
    for (long k = index.size() - 1; k >= 0; k--) {
      long position = index.position(k);
      newest = Math.max(newest, position);
      if (position > 0
          && position <= newest - UNFORCED_BYTES
          && SegmentHead.isBlock(file, position)) {
        return position;
      }
    }
    return SegmentHead.isBlock(file, SegmentHead.FIRST_BLOCK) ? SegmentHead.FIRST_BLOCK : 0;
  }

  private static Tail walk(SegmentFile file, long start, long sealedId) throws IOException {
    SegmentCursor cursor = new SegmentCursor(file, start);
    Deque<Block> last = new ArrayDeque<>();
    long bytes = 0;
    String defect = null;
    while (defect == null && cursor.next()) {
      Block block = cursor.block();
      defect = block.defect();
      if (defect == null && block.lastId() > sealedId) {
        long unopened = block.firstUnopened(sealedId + 1);
        defect =
            unopened == 0 ? null : "has a personal value of entry " + unopened + " that was torn";
      }
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
   * @param genesis the {@code previous_hash} of the first entry
   * @return the last entry
   * @throws LogException.Corrupt if the blocks are complete but not chained, or a segment follows
   *     one that does not end properly; no crash causes that
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
            throw corrupt(
                id, "its id is " + head.id() + ", but entry " + (last.id + 1) + " was expected");
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
        "the end of the log is damaged, so it is not opened for writing: "
            + what
            + "; run \"tally verify\"");
  }
}
