package io.tallystick.store.segment;

import io.tallystick.entry.PersonalValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Builds the annex of the next block, see {@link BlockFormat}. Confined to the sequencer thread;
 * two buffers serve all blocks.
 */
final class AnnexBuilder {
  private ByteBuffer directory = buffer(1 << 12);
  private ByteBuffer payload = buffer(1 << 16);

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  void begin() {
    directory.clear();
    payload.clear();
  }

  /** Adds the personal values of an entry by its place in the block, from 0. */
  void add(int entry, List<PersonalValue> values) {
    for (int member = 0; member < values.size(); member++) {
      PersonalValue value = values.get(member);
      int length = value.value().length;
      directory = withRoom(directory, BlockFormat.DIRECTORY_BYTES);
      directory.putShort((short) entry).put((byte) member).put((byte) 0).putInt(length);
      payload = withRoom(payload, PersonalValue.SALT_BYTES + length);
      payload.put(value.salt()).put(value.value());
    }
  }

  private static ByteBuffer withRoom(ByteBuffer buffer, int bytes) {
    if (buffer.remaining() >= bytes) {
      return buffer;
    }
    ByteBuffer larger = buffer(Math.max(2 * buffer.capacity(), buffer.position() + bytes));
    return larger.put(buffer.flip());
  }

  boolean isEmpty() {
    return directory.position() == 0;
  }

  /** Bytes of the annex; 0 without personal values. */
  int bytes() {
    return isEmpty() ? 0 : BlockFormat.ANNEX_HEAD_BYTES + directory.position() + payload.position();
  }

  /** Bytes of the payload, which the block's CRC32C does not cover. */
  int payloadBytes() {
    return payload.position();
  }

  /** Writes the annex, unless it is empty. */
  void put(ByteBuffer target) {
    if (!isEmpty()) {
      target.putInt(directory.position() / BlockFormat.DIRECTORY_BYTES);
      target.put(directory.slice(0, directory.position()));
      target.put(payload.slice(0, payload.position()));
    }
  }
}
