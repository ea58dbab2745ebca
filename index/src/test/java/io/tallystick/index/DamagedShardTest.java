package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.index.text.IndexedDetails;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A flipped bit in any file of a shard is a damaged shard. It once was an {@link OutOfMemoryError}
 * in some, since Lucene allocates by a length before it compares the file's checksum.
 */
@Timeout(600)
class DamagedShardTest {
  private static final String ORIGIN = "example.com/damaged";
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");

  @TempDir Path data;

  private final Random random = new Random();

  /** The directory of an index of one shard. */
  private Path shard() throws Exception {
    try (AuditLog log =
        AuditLog.open(data.resolve("log"), LogConfig.builder().origin(ORIGIN).build())) {
      RandomLog.append(log, 100, 1);
      Path index = log.reader().directory().index();
      try (AuditIndex opened =
          AuditIndex.open(log.reader(), index, Long.MAX_VALUE, Shard::directory)) {
        opened.awaitIndexed(log.lastId());
      }
      return index.resolve("1");
    }
  }

  private static void open(Path shard) throws IOException {
    ShardCommit.Content content = new ShardCommit.Content(ORIGIN, IndexedDetails.TEXT);
    Shard.read(Shard.directory(shard), 1, content).close();
  }

  @Test
  void aFlippedBitInAnyFileIsDamageAndNoLackOfMemory() throws Exception {
    Path shard = shard();
    open(shard);
    List<Path> files;
    try (var all = Files.list(shard)) {
      files = all.filter(file -> !file.endsWith("write.lock")).sorted().toList();
    }
    assertThat(files).anyMatch(file -> file.getFileName().toString().startsWith("segments_"));
    for (Path file : files) {
      byte[] whole = Files.readAllBytes(file);
      boolean commit = file.getFileName().toString().startsWith("segments_");
      int most = LONG || commit ? whole.length : 50;
      for (int i = 0; i < Math.min(most, whole.length); i++) {
        int at = whole.length <= most ? i : random.nextInt(whole.length);
        for (int bit = LONG ? 0 : 7; bit < Byte.SIZE; bit++) {
          byte[] damaged = Arrays.copyOf(whole, whole.length);
          damaged[at] ^= (byte) (1 << bit);
          Files.write(file, damaged);
          assertThatThrownBy(() -> open(shard))
              .as("bit %d of byte %d of %s", bit, at, file.getFileName())
              .isInstanceOf(IOException.class);
          TreeMap<Long, Path> shards = new TreeMap<>();
          shards.put(1L, shard);
          assertThat(ShardCommit.details(shards)).isEqualTo(IndexedDetails.TEXT);
        }
      }
      Files.write(file, whole);
    }
    open(shard);
  }
}
