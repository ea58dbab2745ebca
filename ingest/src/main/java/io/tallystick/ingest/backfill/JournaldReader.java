package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.text.Utf8;
import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@code journalctl -o json} and {@code journalctl -o export} write. Both give the same:
 * a field that occurs twice is an array, and one that is not UTF-8 an array of its bytes.
 */
final class JournaldReader extends StreamReader {
  private static final int MAX_FIELD_BYTES = 1 << 20;

  @Override
  void read(InputStream raw, Delivery delivery) throws IOException, InterruptedException {
    PushbackInputStream in = new PushbackInputStream(raw, 1);
    int first = in.read();
    while (first == '\n' || first == '\r' || first == ' ') {
      first = in.read();
    }
    if (first < 0) {
      return;
    }
    in.unread(first);
    if (first == '{') {
      new NdjsonReader(false).read(in, delivery);
    } else {
      readExport(in, delivery);
    }
  }

  private static void readExport(InputStream in, Delivery delivery)
      throws IOException, InterruptedException {
    ObjectNode entry = JsonRecords.JSON.createObjectNode();
    while (true) {
      byte[] line = line(in);
      if (line == null || line.length == 0) {
        if (!entry.isEmpty()) {
          delivery.record(new SourceRecord.Tree(entry), null, null);
          entry = JsonRecords.JSON.createObjectNode();
        }
        if (line == null) {
          return;
        }
        continue;
      }
      int equals = 0;
      while (equals < line.length && line[equals] != '=') {
        equals++;
      }
      String name = name(line, equals);
      if (equals < line.length) {
        add(entry, name, value(line, equals + 1, line.length));
      } else {
        add(entry, name, binary(in));
      }
    }
  }

  /** A line without its end; {@code null} at the end of the file. */
  private static byte @Nullable [] line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        if (line.size() > 0) {
          throw new EOFException();
        }
        return null;
      }
      if (line.size() == MAX_FIELD_BYTES) {
        throw new Malformed(
            "has a line of more than 1 MiB, which journalctl -o export never writes");
      }
      line.write(b);
    }
    return line.toByteArray();
  }

  private static String name(byte[] line, int end) throws IOException {
    boolean valid = end > 0 && end <= 64;
    for (int i = 0; i < end && valid; i++) {
      byte b = line[i];
      valid = b == '_' || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
    }
    if (!valid) {
      throw new Malformed("is not what journalctl -o export or -o json writes");
    }
    return new String(line, 0, end, UTF_8);
  }

  /** A field with its length before it, and a line break behind it. */
  private static JsonNode binary(InputStream in) throws IOException {
    byte[] size = in.readNBytes(Long.BYTES);
    if (size.length < Long.BYTES) {
      throw new EOFException();
    }
    long length = ByteBuffer.wrap(size).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0) {
      throw new Malformed("is not what journalctl -o export writes: a field has a negative length");
    }
    JsonNode value = length <= MAX_FIELD_BYTES ? whole(in, (int) length) : hash(in, length);
    if (in.read() != '\n') {
      throw new EOFException();
    }
    return value;
  }

  private static JsonNode whole(InputStream in, int length) throws IOException {
    byte[] data = in.readNBytes(length);
    if (data.length < length) {
      throw new EOFException();
    }
    return value(data, 0, length);
  }

  /** In place of a field that no entry holds. */
  private static JsonNode hash(InputStream in, long length) throws IOException {
    MessageDigest digest = Sha256.newDigest();
    byte[] chunk = new byte[1 << 16];
    long left = length;
    while (left > 0) {
      int read = in.read(chunk, 0, (int) Math.min(left, chunk.length));
      if (read < 0) {
        throw new EOFException();
      }
      digest.update(chunk, 0, read);
      left -= read;
    }
    return JsonRecords.JSON
        .createObjectNode()
        .put("bytes", length)
        .put("sha256", HexFormat.of().formatHex(digest.digest()));
  }

  private static JsonNode value(byte[] bytes, int from, int to) {
    if (Utf8.firstMalformed(bytes, from, to) < 0) {
      return JsonRecords.JSON.getNodeFactory().textNode(new String(bytes, from, to - from, UTF_8));
    }
    ArrayNode array = JsonRecords.JSON.createArrayNode();
    for (int i = from; i < to; i++) {
      array.add(bytes[i] & 0xff);
    }
    return array;
  }

  private static void add(ObjectNode entry, String name, JsonNode value) {
    JsonNode before = entry.get(name);
    if (before == null) {
      entry.set(name, value);
    } else if (before instanceof ArrayNode several && !several.path(0).isNumber()) {
      several.add(value);
    } else {
      entry.putArray(name).add(before).add(value);
    }
  }
}
