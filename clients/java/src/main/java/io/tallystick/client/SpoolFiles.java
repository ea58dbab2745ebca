package io.tallystick.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The files of a spool, the same for clients in all languages (docs/decisions/0036-clients.md).
 *
 * <p>A segment, {@code 00000000000000000001.events}, is named after the source_seq of its first
 * record. It is a file of records that is only appended to:
 *
 * <pre>
 *   0   u32   length of the payload, little-endian
 *   4   u32   CRC-32 (IEEE) of the payload
 *   8         payload: the event as it is sent, JSON in UTF-8
 * </pre>
 */
final class SpoolFiles {
  static final int HEADER_BYTES = 8;
  static final String POSITION = "position.json";
  static final String REJECTED = "rejected.ndjson";
  static final String LOCK = "lock";

  private static final Pattern SEGMENT = Pattern.compile("[0-9]{20}\\.events");
  private static final boolean POSIX = File.separatorChar == '/';

  private SpoolFiles() {}

  /**
   * Up to where the server has acknowledged.
   *
   * @param sourceSeq of the last event before it; 0 if there is none
   */
  record Position(String stream, String segment, long offset, long sourceSeq) {
    static Position read(Path file) throws IOException {
      Map<String, Object> fields = Json.readObject(Files.readString(file));
      if (fields.get("stream") instanceof String stream
          && fields.get("segment") instanceof String segment
          && SEGMENT.matcher(segment).matches()
          && fields.get("offset") instanceof Long offset
          && fields.get("source_seq") instanceof Long sourceSeq
          && offset >= 0
          && sourceSeq >= 0) {
        return new Position(stream, segment, offset, sourceSeq);
      }
      throw new IOException(file.getFileName() + " is damaged; restore it, or move the spool away");
    }

    byte[] toBytes() throws IOException {
      return Json.write(
          Map.of("stream", stream, "segment", segment, "offset", offset, "source_seq", sourceSeq));
    }
  }

  /** A segment up to what is synced. */
  record Segment(String name, long size) {}

  /**
   * What a segment holds from an offset on.
   *
   * @param size where the whole records end
   * @param lastSequence 0 if there is no record
   * @param torn the bytes behind them
   */
  record Contents(int records, long lastSequence, long size, long torn) {}

  static String segmentName(long firstSequence) {
    return "%020d.events".formatted(firstSequence);
  }

  static List<String> segmentNames(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> SEGMENT.matcher(name).matches())
          .sorted()
          .toList();
    }
  }

  static byte[] record(byte[] payload) {
    CRC32 crc = new CRC32();
    crc.update(payload);
    return ByteBuffer.allocate(HEADER_BYTES + payload.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(payload.length)
        .putInt((int) crc.getValue())
        .put(payload)
        .array();
  }

  /**
   * The payload of the record at the buffer's position, which moves on; null if it is not whole.
   */
  static byte @Nullable [] nextRecord(ByteBuffer buffer) {
    ByteBuffer in = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < HEADER_BYTES) {
      return null;
    }
    int length = in.getInt();
    int crc = in.getInt();
    if (length <= 0 || length > in.remaining()) {
      return null;
    }
    byte[] payload = new byte[length];
    in.get(payload);
    CRC32 computed = new CRC32();
    computed.update(payload);
    if ((int) computed.getValue() != crc) {
      return null;
    }
    buffer.position(buffer.position() + HEADER_BYTES + length);
    return payload;
  }

  static Contents scan(Path segment, long offset) throws IOException {
    byte[] data = Files.readAllBytes(segment);
    if (offset > data.length) {
      throw new IOException(
          "%s has %d bytes, but %d of them have been sent"
              .formatted(segment.getFileName(), data.length, offset));
    }
    ByteBuffer buffer = ByteBuffer.wrap(data).position((int) offset);
    int records = 0;
    byte[] last = null;
    for (byte[] one = nextRecord(buffer); one != null; one = nextRecord(buffer)) {
      last = one;
      records++;
    }
    long sequence =
        last != null
                && Json.readObject(new String(last, UTF_8)).get("source_seq") instanceof Long number
            ? number
            : 0;
    return new Contents(records, sequence, buffer.position(), buffer.remaining());
  }

  /** Whole records from an offset on, as many as make a batch, and at least one. */
  static List<byte[]> readBatch(Path segment, long offset, long end) throws IOException {
    ByteBuffer buffer =
        ByteBuffer.allocate((int) Math.min(end - offset, EventQueue.MAX_BATCH_BYTES));
    try (FileChannel file = FileChannel.open(segment, StandardOpenOption.READ)) {
      while (buffer.hasRemaining() && file.read(buffer, offset + buffer.position()) >= 0) {}
    }
    buffer.flip();
    List<byte[]> events = new ArrayList<>();
    while (events.size() < EventQueue.MAX_BATCH_EVENTS) {
      byte[] event = nextRecord(buffer);
      if (event == null) {
        break;
      }
      events.add(event);
    }
    if (events.isEmpty()) {
      throw new IOException(
          "the record at byte %d of %s is damaged".formatted(offset, segment.getFileName()));
    }
    return events;
  }

  /** Makes a directory for its owner only, if it is not there. */
  static void createDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Path absolute = directory.toAbsolutePath();
      Files.createDirectories(absolute, ownerOnly("rwx------"));
      Path parent = absolute.getParent();
      if (parent != null) {
        sync(parent);
      }
    }
  }

  /** Makes a file for its owner only, if it is not there. */
  static void createFile(Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.createFile(file, ownerOnly("rw-------"));
    }
  }

  private static FileAttribute<?>[] ownerOnly(String permissions) {
    return POSIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  /** Replaces a file as a whole: after a power cut it is the old one or the new one. */
  static void replace(Path file, byte[] content) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(temporary);
    append(temporary, content);
    Files.move(
        temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    sync(directoryOf(file));
  }

  /** Adds a line, and syncs it and the file's name. */
  static void appendLine(Path file, byte[] line) throws IOException {
    append(file, (new String(line, UTF_8) + "\n").getBytes(UTF_8));
    sync(directoryOf(file));
  }

  // A stream: a channel would be closed under the application's thread when that is interrupted.
  private static void append(Path file, byte[] content) throws IOException {
    createFile(file);
    try (FileOutputStream out = new FileOutputStream(file.toFile(), true)) {
      out.write(content);
      out.getFD().sync();
    }
  }

  private static Path directoryOf(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IllegalArgumentException(file + " is not in a directory");
    }
    return directory;
  }

  /** Makes the names in a directory durable, where the operating system has such a thing. */
  static void sync(Path directory) throws IOException {
    boolean interrupted = false;
    boolean synced = !POSIX;
    while (!synced) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
        synced = true;
      } catch (ClosedByInterruptException e) {
        // The thread is the application's, and its interrupts are none of our business.
        interrupted = Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
