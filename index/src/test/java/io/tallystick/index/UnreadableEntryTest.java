package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.index.scope.Scope;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An entry in the log that can't be decoded, in a block whose CRC is right. */
class UnreadableEntryTest {
  /** Before the first entry of a block with one: CRC32C, number, first id and a length. */
  private static final int PREFIX_BYTES = 18;

  private static final int EXCERPT_LENGTH = 0x3FFF_FFFF;

  @TempDir Path data;

  @Test
  void itIsCountedAndNothingElseIsMissing() throws Exception {
    checkWith("\"event_type\":\"victim.type\"", "\"event_type\":\"VICTIM TYPE\"");
  }

  @Test
  void itsTimeMayBeUnreadableToo() throws Exception {
    checkWith("\"timestamp\":\"2", "\"timestamp\":\"x");
  }

  private void checkWith(String text, String faulty) throws Exception {
    long victim;
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      RandomLog.append(log, 50, 1);
      victim = log.append(Event.builder("victim.type").build()).get().firstId();
      RandomLog.append(log, 50, 2);
    }
    makeFaulty(victim, text, faulty);
    LogReader log = LogReader.open(data);
    long last = log.lastId();
    try (AuditIndex index = AuditIndex.open(log, data.resolve("another"))) {
      Page all = index.search(AuditQuery.builder().limit(200).build());
      assertThat(all.ids()).hasSize((int) last).contains(victim);
      List<Long> system = new ArrayList<>();
      index.forEachMatch(AuditQuery.builder().security(false).build(), system::add);
      assertThat(system).contains(victim);
      assertThat(index.count(AuditQuery.builder().eventTypes(List.of("victim.type")).build()))
          .isZero();
      assertThat(
              index
                  .countsByCategory(Scope.ALL, List.of(Instant.EPOCH, Instant.MAX))
                  .getFirst()
                  .total())
          .isEqualTo(last - 1);
      Instant later = log.timestamp(victim + 1);
      assertThat(index.search(AuditQuery.builder().since(later).build()).total())
          .isEqualTo(last - victim);
    }
  }

  private void makeFaulty(long id, String text, String faulty) throws IOException {
    byte[] start = ("{\"id\":" + id + ",").getBytes(StandardCharsets.UTF_8);
    try (DirectoryStream<Path> segments =
        Files.newDirectoryStream(data.resolve("segments"), "*.cq4")) {
      for (Path segment : segments) {
        try (FileChannel file =
            FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
          ByteBuffer bytes =
              ByteBuffer.allocate((int) Math.min(file.size(), 4 << 20))
                  .order(ByteOrder.LITTLE_ENDIAN);
          file.read(bytes, 0);
          int block = indexOf(bytes.array(), start, 0) - PREFIX_BYTES;
          int length = bytes.getInt(block - Integer.BYTES) & EXCERPT_LENGTH;
          assertThat(bytes.getInt(block)).isEqualTo(crc(bytes.array(), block, length));
          byte[] old = text.getBytes(StandardCharsets.UTF_8);
          int at = indexOf(bytes.array(), old, block);
          bytes.put(at, faulty.getBytes(StandardCharsets.UTF_8));
          bytes.putInt(block, crc(bytes.array(), block, length));
          file.write(bytes.slice(block, length), block);
        }
      }
    }
  }

  private static int crc(byte[] bytes, int block, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, block + Integer.BYTES, length - Integer.BYTES);
    return (int) crc.getValue();
  }

  private static int indexOf(byte[] bytes, byte[] part, int from) {
    for (int i = from; i <= bytes.length - part.length; i++) {
      if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }
}
