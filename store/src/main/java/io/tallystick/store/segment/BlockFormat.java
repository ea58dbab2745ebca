package io.tallystick.store.segment;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.store.log.LogConfig;

/**
 * Layout of a block, the unit of writing: after a crash it is there completely or not at all. One
 * Chronicle Queue excerpt holds one block, and one block holds one or more complete client batches.
 * All integers are little-endian.
 *
 * <pre>
 *   0        4        8                16          16+2n
 *   +--------+--------+----------------+-----------+------------------+
 *   | CRC32C | n      | id of the first| u16 x n   | the entries, one |
 *   | u32    | u32    | entry, i64     | lengths   | after another    |
 *   +--------+--------+----------------+-----------+------------------+
 *   The CRC32C covers everything after itself up to the payload of the annex.
 * </pre>
 *
 * Bit 31 of n says that the entries have personal values, which stand behind them in the annex:
 *
 * <pre>
 *   +-------+---------------------------------------------------------+--------------------------+
 *   | m     | m x { u16 entry in block, u8 member of its "personal",  | m x { salt, 16 bytes,    |
 *   | u32   |       u8 0, u32 length of value }                       |       value }: payload   |
 *   +-------+---------------------------------------------------------+--------------------------+
 * </pre>
 *
 * The commitments in the entries vouch for the payload, so that it can be erased in place.
 */
public final class BlockFormat {
  static final int CRC_OFFSET = 0;
  static final int COUNT_OFFSET = 4;
  static final int FIRST_ID_OFFSET = 8;
  public static final int HEAD_BYTES = 16;

  /** Most entries in a block. */
  public static final int MAX_ENTRIES = 65_535;

  /** Most bytes in a block. */
  public static final int MAX_BLOCK_BYTES = LogConfig.MAX_BATCH_BYTES;

  /** A growing block is written once it has this many bytes. */
  public static final int TARGET_BLOCK_BYTES = 256 << 10;

  /** Set in the number of entries where there is an annex. */
  static final int ANNEX = 0x8000_0000;

  /** The number of values in the annex. */
  public static final int ANNEX_HEAD_BYTES = 4;

  /** One value in the annex's directory. */
  static final int DIRECTORY_BYTES = EncodedEvent.DIRECTORY_BYTES;

  private BlockFormat() {}

  /** Bytes before the first entry in a block of {@code count} entries. */
  static int prefixBytes(int count) {
    return HEAD_BYTES + 2 * count;
  }
}
