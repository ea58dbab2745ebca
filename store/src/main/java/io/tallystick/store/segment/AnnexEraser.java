package io.tallystick.store.segment;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.store.log.LogException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Overwrites personal values in segments with zeros, in place. No other byte of a segment changes.
 * It writes as {@link ChronicleWriter} writes blocks, on a channel of its own, so it may work on
 * the segment that is being written. Only sealed entries may be erased from: in all others recovery
 * takes a value that is gone for a torn one. Used by one thread.
 */
public final class AnnexEraser implements Closeable {
  private static final int CHUNK_BYTES = 1 << 16;

  private final Segments segments;
  private final BiPredicate<Entry, PersonalField> which;

  private String name = "";
  private @Nullable FileChannel channel;
  private long erased;

  /**
   * @param which of the values of an entry to erase
   */
  public AnnexEraser(Segments segments, BiPredicate<Entry, PersonalField> which) {
    this.segments = segments;
    this.which = which;
  }

  /**
   * Erases values of these entries, as far as the segments hold them. They are gone for good when
   * {@link #force} has returned.
   *
   * @throws LogException.Corrupt at a damaged block, behind which nothing was erased
   */
  public void erase(long firstId, long lastId) throws IOException {
    try (BlockWalk walk = BlockWalk.from(segments, firstId)) {
      Block block = walk.next();
      while (block != null && block.firstId() <= lastId) {
        checkReadable(block, lastId, walk);
        int first = (int) Math.max(0, firstId - block.firstId());
        int last = (int) (Math.min(lastId, block.lastId()) - block.firstId());
        for (int i = first; i <= last; i++) {
          if (block.personalCount(i) > 0) {
            entry(block, i, walk);
          }
        }
        block = walk.next();
      }
      checkNoGap(lastId, walk);
    }
  }

  private static void checkReadable(Block block, long lastId, BlockWalk walk)
      throws LogException.Corrupt {
    checkNoGap(lastId, walk);
    if (block.defect() != null) {
      throw unreachable(
          walk.where()
              + ": the block that begins with entry "
              + block.firstId()
              + " "
              + block.defect());
    }
  }

  private static void checkNoGap(long lastId, BlockWalk walk) throws LogException.Corrupt {
    for (BlockWalk.Gap gap : walk.takeGaps()) {
      if (gap.expectedId() <= lastId) {
        throw unreachable(gap.reason());
      }
    }
  }

  private static LogException.Corrupt unreachable(String why) {
    return new LogException.Corrupt(
        why
            + "; nothing can be erased there. Restore the segment from a backup, and the next start"
            + " carries out the rest of the erasure");
  }

  private void entry(Block block, int i, BlockWalk walk) throws IOException {
    Entry entry;
    try {
      entry = EntryCodec.decode(block.entry(i));
    } catch (InvalidEntryException e) {
      throw new LogException.Corrupt(
          walk.where() + ": entry " + (block.firstId() + i) + ": " + e.getMessage());
    }
    List<PersonalValue> values = block.personal(i);
    int member = 0;
    for (PersonalField field : entry.personal().keySet()) {
      if (member < values.size() && which.test(entry, field)) {
        if (!values.get(member).isZero()) {
          erased++;
        }
        // Also where the bytes read as zeros: those of a force that failed may be on the way still.
        erase(walk, block.place(i, member));
      }
      member++;
    }
  }

  private void erase(BlockWalk walk, Block.Personal place) throws IOException {
    FileChannel out = channel(walk.segment());
    long start = walk.blockOffset() + place.offset();
    // The salt first: without it the value is erased for every reader.
    zero(out, start, PersonalValue.SALT_BYTES);
    zero(out, start + PersonalValue.SALT_BYTES, place.length() - PersonalValue.SALT_BYTES);
  }

  private FileChannel channel(String segment) throws IOException {
    FileChannel open = channel;
    if (open == null || !segment.equals(name)) {
      force();
      close();
      name = segment;
      open = FileChannel.open(segments.directory().resolve(segment), StandardOpenOption.WRITE);
      channel = open;
    }
    return open;
  }

  private static void zero(FileChannel out, long position, int bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocate(Math.min(bytes, CHUNK_BYTES));
    for (long at = position; at < position + bytes; ) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), position + bytes - at));
      at += out.write(zeros, at);
    }
  }

  /** Makes durable what was erased. */
  public void force() throws IOException {
    if (channel != null) {
      channel.force(true);
    }
  }

  /** How many values were there before and are gone now. */
  public long erased() {
    return erased;
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }
}
