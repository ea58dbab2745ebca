package io.tallystick.endurance;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * One damage to the files of a log at rest.
 *
 * @param file relative to the data directory
 * @param at offset in the file, for a flipped bit in bits, otherwise in bytes
 * @param other the file that it is exchanged with, empty for the other kinds
 */
record Damage(Kind kind, String file, long at, String other) {
  static final int PAGE = 4_096;
  private static final String SEPARATOR = "\t";

  enum Kind {
    NOTHING,
    BIT_FLIPPED,
    FILE_CUT,
    PAGE_ZEROED,
    FILE_DELETED,
    FILES_EXCHANGED
  }

  /** No damage to any file. */
  static Damage none() {
    return new Damage(Kind.NOTHING, "", 0, "");
  }

  static Damage parse(String line) {
    String[] parts = line.split(SEPARATOR, -1);
    return new Damage(Kind.valueOf(parts[0]), parts[1], Long.parseLong(parts[2]), parts[3]);
  }

  /** The line that {@link #parse} reads. */
  String line() {
    return String.join(SEPARATOR, kind.name(), file, Long.toString(at), other);
  }

  /** The files that it changes. */
  List<String> files() {
    return switch (kind) {
      case NOTHING -> List.of();
      case FILES_EXCHANGED -> List.of(file, other);
      default -> List.of(file);
    };
  }

  /** Whether every file that it changes is in this folder of the data directory. */
  boolean isWithin(String folder) {
    return !files().isEmpty() && files().stream().allMatch(name -> name.startsWith(folder + "/"));
  }

  /** Damages the log in this directory. */
  void to(Path data) throws IOException {
    Path path = data.resolve(file);
    switch (kind) {
      case NOTHING -> {}
      case BIT_FLIPPED -> flip(path);
      case FILE_CUT -> cut(path);
      case PAGE_ZEROED -> zero(path);
      case FILE_DELETED -> Files.delete(path);
      case FILES_EXCHANGED -> exchange(path, data.resolve(other));
    }
  }

  private void flip(Path path) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(path.toFile(), "rw")) {
      bytes.seek(at / Byte.SIZE);
      int before = bytes.read();
      bytes.seek(at / Byte.SIZE);
      bytes.write(before ^ 1 << at % Byte.SIZE);
    }
  }

  private void cut(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.truncate(at);
    }
  }

  private void zero(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate((int) Math.min(PAGE, channel.size() - at)), at);
    }
  }

  private static void exchange(Path one, Path other) throws IOException {
    Path aside = one.resolveSibling("aside");
    Files.move(one, aside);
    Files.move(other, one);
    Files.move(aside, other);
  }
}
