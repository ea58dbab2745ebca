package io.tallystick.ingest.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/** Writes messages of protocol buffers. */
final class Proto {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private Proto tag(int field, int wireType) {
    return raw(((long) field << 3) | wireType);
  }

  private Proto raw(long varint) {
    long left = varint;
    for (; (left & ~0x7fL) != 0; left >>>= 7) {
      out.write((int) ((left & 0x7f) | 0x80));
    }
    out.write((int) left);
    return this;
  }

  Proto varint(int field, long value) {
    return tag(field, 0).raw(value);
  }

  Proto fixed64(int field, long value) {
    tag(field, 1);
    for (int i = 0; i < 64; i += 8) {
      out.write((int) (value >>> i));
    }
    return this;
  }

  Proto bytes(int field, byte[] value) {
    tag(field, 2).raw(value.length);
    out.writeBytes(value);
    return this;
  }

  Proto text(int field, String value) {
    return bytes(field, value.getBytes(UTF_8));
  }

  Proto message(int field, Proto value) {
    return bytes(field, value.toBytes());
  }

  byte[] toBytes() {
    return out.toByteArray();
  }
}
