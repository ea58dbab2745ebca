package io.tallystick.store.segment;

import io.tallystick.entry.PersonalValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The annex of a block: where the personal values of its entries stand, see {@link BlockFormat}.
 * Immutable.
 */
final class Annex {
  static final Annex NONE = new Annex(new int[0], new int[0]);

  /** {@code firsts[i]} is the place in {@link #offsets} of entry i's first value; ascending. */
  private final int[] firsts;

  /** Where the salt of each value begins in the block, and at last where the block ends. */
  private final int[] offsets;

  private Annex(int[] firsts, int[] offsets) {
    this.firsts = firsts;
    this.offsets = offsets;
  }

  /**
   * The annex that begins at {@code from} in a block of so many entries, and fills the rest of it.
   *
   * @return {@code null} if it does not, or its directory does not number values in order
   */
  static @Nullable Annex of(byte[] block, int from, int entries) {
    int directory = from + BlockFormat.ANNEX_HEAD_BYTES;
    int values = directory <= block.length ? LittleEndian.getInt(block, from) : 0;
    if (values < 1 || values > (block.length - directory) / BlockFormat.DIRECTORY_BYTES) {
      return null;
    }
    int[] firsts = new int[entries + 1];
    int[] offsets = new int[values + 1];
    offsets[0] = directory + values * BlockFormat.DIRECTORY_BYTES;
    int last = -1;
    int member = 0;
    for (int i = 0; i < values; i++) {
      int at = directory + i * BlockFormat.DIRECTORY_BYTES;
      int entry = LittleEndian.unsignedShort(block, at);
      member = entry == last ? member + 1 : 0;
      int length = LittleEndian.getInt(block, at + 4);
      if (entry < last
          || entry >= entries
          || LittleEndian.unsignedShort(block, at + 2) != member
          || length < 0
          || length > block.length - offsets[i] - PersonalValue.SALT_BYTES) {
        return null;
      }
      if (entry != last) {
        Arrays.fill(firsts, last + 1, entry + 1, i);
      }
      last = entry;
      offsets[i + 1] = offsets[i] + PersonalValue.SALT_BYTES + length;
    }
    Arrays.fill(firsts, last + 1, firsts.length, values);
    return offsets[values] == block.length ? new Annex(firsts, offsets) : null;
  }

  /** Whether there are no values. */
  boolean isEmpty() {
    return offsets.length == 0;
  }

  /** Where the payload begins, which the block's CRC32C does not cover. */
  int payload() {
    return offsets[0];
  }

  /** Number of personal values of entry i. */
  int count(int i) {
    return isEmpty() ? 0 : firsts[i + 1] - firsts[i];
  }

  /** Where the salt of a value of entry i begins in the block; its value follows. */
  int offset(int i, int member) {
    return offsets[firsts[i] + member];
  }

  /** Bytes of salt and value. */
  int length(int i, int member) {
    return offsets[firsts[i] + member + 1] - offset(i, member);
  }

  /** The personal values of entry i. */
  List<PersonalValue> values(byte[] block, int i) {
    int count = count(i);
    if (count == 0) {
      return List.of();
    }
    List<PersonalValue> values = new ArrayList<>(count);
    for (int member = 0; member < count; member++) {
      int value = offset(i, member) + PersonalValue.SALT_BYTES;
      values.add(
          new PersonalValue(
              Arrays.copyOfRange(block, offset(i, member), value),
              Arrays.copyOfRange(block, value, offset(i, member) + length(i, member))));
    }
    return values;
  }
}
