package io.tallystick.ingest.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/**
 * Reads the fields of one message of protocol buffers (their encoding, not any schema). Never reads
 * beyond the message. Used by one thread.
 *
 * <pre>
 *   while (in.next()) {
 *     switch (in.field()) {
 *       case 1 -> name = in.text();
 *       default -> {}            // next() skips what nobody read
 *     }
 *   }
 * </pre>
 */
final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final byte[] bytes;
  private final int end;
  private int position;
  private int field;
  private int wireType;
  private boolean unread;

  ProtoReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private ProtoReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.position = from;
    this.end = end;
  }

  /** Goes to the next field; {@code false} at the end of the message. */
  boolean next() throws MalformedOtlpException {
    if (unread) {
      skip();
    }
    if (position == end) {
      return false;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    wireType = (int) tag & 7;
    if (tag >>> 32 != 0 || field == 0) {
      throw new MalformedOtlpException("field numbers are 1 to 2^29-1");
    }
    unread = true;
    return true;
  }

  /** The number of the field. */
  int field() {
    return field;
  }

  private void skip() throws MalformedOtlpException {
    unread = false;
    switch (wireType) {
      case VARINT -> {
        long _ = varint();
      }
      case FIXED64 -> position = after(8);
      case BYTES -> position = after(length());
      case FIXED32 -> position = after(4);
      default -> throw new MalformedOtlpException("wire type " + wireType + " is not used");
    }
  }

  private void expect(int type) throws MalformedOtlpException {
    if (wireType != type) {
      throw new MalformedOtlpException(
          "field " + field + " has the wire type " + wireType + " instead of " + type);
    }
    unread = false;
  }

  private int after(int length) throws MalformedOtlpException {
    if (length > end - position) {
      throw new MalformedOtlpException("it ends within a field");
    }
    return position + length;
  }

  private int length() throws MalformedOtlpException {
    long length = varint();
    if (length < 0 || length > end - position) {
      throw new MalformedOtlpException("it ends within a field");
    }
    return (int) length;
  }

  private long varint() throws MalformedOtlpException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position == end) {
        throw new MalformedOtlpException("it ends within a number");
      }
      byte b = bytes[position++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new MalformedOtlpException("a number is longer than ten bytes");
  }

  /** An integer of any kind but fixed. */
  long number() throws MalformedOtlpException {
    expect(VARINT);
    return varint();
  }

  /** A fixed64, or the bits of a double. */
  long fixed64() throws MalformedOtlpException {
    expect(FIXED64);
    return littleEndian(8);
  }

  /** A fixed32. */
  long fixed32() throws MalformedOtlpException {
    expect(FIXED32);
    return littleEndian(4);
  }

  private long littleEndian(int length) throws MalformedOtlpException {
    int to = after(length);
    long value = 0;
    for (int i = to - 1; i >= position; i--) {
      value = value << 8 | (bytes[i] & 0xff);
    }
    position = to;
    return value;
  }

  /** The message in this field. */
  ProtoReader message() throws MalformedOtlpException {
    expect(BYTES);
    int length = length();
    ProtoReader message = new ProtoReader(bytes, position, position + length);
    position += length;
    return message;
  }

  /** The bytes in this field. */
  byte[] bytes() throws MalformedOtlpException {
    ProtoReader value = message();
    byte[] copy = new byte[value.end - value.position];
    System.arraycopy(bytes, value.position, copy, 0, copy.length);
    return copy;
  }

  /** The text in this field. */
  String text() throws MalformedOtlpException {
    ProtoReader value = message();
    try {
      return UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, value.position, value.end - value.position))
          .toString();
    } catch (CharacterCodingException e) {
      throw new MalformedOtlpException("field " + field + " is not UTF-8");
    }
  }
}
