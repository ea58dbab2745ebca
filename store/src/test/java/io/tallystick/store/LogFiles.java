package io.tallystick.store;

import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.SegmentCursor;
import io.tallystick.store.segment.SegmentFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;

/** Changes to a log's files by somebody who may write them: damage in tests, and attacks. */
public final class LogFiles {
  private LogFiles() {}

  public static List<Path> segments(Path data) throws IOException {
    try (var files = Files.list(data.resolve("segments"))) {
      return files.filter(f -> f.toString().endsWith(SegmentFile.SUFFIX)).sorted().toList();
    }
  }

  public static void copy(Path from, Path to) throws IOException {
    try (var tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Path copy = to.resolve(from.relativize(path));
        if (Files.isDirectory(path)) {
          OwnerOnly.createDirectories(copy);
        } else if (path.toString().endsWith(SegmentFile.SUFFIX)) {
          copySparse(path, copy);
        } else {
          Files.copy(path, copy);
        }
      }
    }
  }

  /** Copies the parts of a segment that are not empty; the rest stays a hole. */
  private static void copySparse(Path from, Path to) throws IOException {
    byte[] bytes = new byte[1 << 20];
    try (SegmentFile in = SegmentFile.open(from);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] zeros = new byte[bytes.length];
      for (long at = 0; at < in.size(); at += bytes.length) {
        int n = in.read(at, bytes, 0, bytes.length);
        if (!java.util.Arrays.equals(bytes, 0, n, zeros, 0, n)) {
          out.write(ByteBuffer.wrap(bytes, 0, n), at);
        }
      }
      if (out.size() < in.size()) {
        out.write(ByteBuffer.wrap(new byte[1]), in.size() - 1);
      }
    }
  }

  public static void delete(Path directory) throws IOException {
    List<Path> files;
    try (var tree = Files.walk(directory)) {
      files = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  /** Removes what was sealed after the log was created. */
  public static void unsealToCreation(Path data) throws IOException {
    byte[] first = Files.readAllBytes(data.resolve("checkpoints/1.note"));
    unseal(data);
    Files.write(data.resolve("checkpoint"), first);
  }

  /** Removes everything that was sealed, as if the log had ended before its first checkpoint. */
  public static void unseal(Path data) throws IOException {
    Files.deleteIfExists(data.resolve("checkpoint"));
    Files.deleteIfExists(data.resolve("edge"));
    for (String folder : List.of("checkpoints", "tiles")) {
      if (Files.exists(data.resolve(folder))) {
        delete(data.resolve(folder));
      }
    }
  }

  /** Where a segment's documents are: offset of each block's header, in order. */
  public static List<Long> blocks(Path segment) throws IOException {
    List<Long> positions = new ArrayList<>();
    try (SegmentFile file = SegmentFile.open(segment)) {
      SegmentCursor cursor = new SegmentCursor(file, 0);
      while (cursor.next()) {
        positions.add(cursor.position());
      }
    }
    return positions;
  }

  /** Where a segment's written part ends. */
  public static long end(Path segment) throws IOException {
    try (SegmentFile file = SegmentFile.open(segment)) {
      SegmentCursor cursor = new SegmentCursor(file, 0);
      while (cursor.next()) {
        // to the end
      }
      return cursor.position();
    }
  }

  public static void write(Path file, long position, byte... bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), position);
    }
  }

  public static byte[] read(Path file, long position, int length) throws IOException {
    byte[] bytes = new byte[length];
    try (SegmentFile in = SegmentFile.open(file)) {
      in.read(position, bytes, 0, length);
    }
    return bytes;
  }

  public static void flip(Path file, long position, int bit) throws IOException {
    byte[] one = read(file, position, 1);
    one[0] ^= (byte) (1 << bit);
    write(file, position, one);
  }

  /**
   * Rewrites the entries of the block at this position as an attacker would, with a right CRC. The
   * block keeps its size: the new entries must be as many bytes as the old ones.
   */
  public static void rewrite(Path segment, long position, UnaryOperator<List<byte[]>> change)
      throws IOException {
    int length =
        ByteBuffer.wrap(read(segment, position, 4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
    Block block = new Block(read(segment, position + 4, length));
    List<byte[]> entries = new ArrayList<>();
    for (int i = 0; i < block.count(); i++) {
      entries.add(block.entry(i));
    }
    List<byte[]> changed = change.apply(entries);
    ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    int last = block.count() - 1;
    int annex = block.entryOffset(last) + block.entryLength(last);
    int flag = annex < length ? 0x8000_0000 : 0;
    out.putInt(0).putInt(changed.size() | flag).putLong(block.firstId());
    changed.forEach(entry -> out.putShort((short) entry.length));
    changed.forEach(out::put);
    out.put(block.bytes(), annex, length - annex);
    if (out.hasRemaining()) {
      throw new IllegalArgumentException(out.remaining() + " bytes are left");
    }
    CRC32C crc = new CRC32C();
    int checked = flag == 0 ? length : annex + 4 + 8 * out.getInt(annex);
    crc.update(out.array(), 4, checked - 4);
    out.putInt(0, (int) crc.getValue());
    write(segment, position + 4, out.array());
  }
}
