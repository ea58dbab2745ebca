package io.tallystick.service.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.http.Events;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntryBatchTest {
  @TempDir Path data;

  @Test
  void givesTheEntriesOfAnyIdsInTheirOrder() throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      for (int i = 0; i < 40; i++) {
        Events.append(log, Events.ordinary(i % 7 + 1));
      }
      Random random = new Random(9);
      for (int i = 0; i < 60; i++) {
        List<Long> ids = new ArrayList<>();
        int span = i % 2 == 0 ? 20 : (int) log.lastId();
        while (ids.size() < i % 12) {
          ids.add(1L + random.nextInt(span));
        }
        List<StoredEntry> entries = EntryBatch.read(log.reader(), ids);
        assertThat(entries).extracting(StoredEntry::id).isEqualTo(ids);
        for (StoredEntry entry : entries) {
          assertThat(entry.bytes()).isEqualTo(log.reader().read(entry.id()).orElseThrow().bytes());
        }
      }
      assertThatThrownBy(() -> EntryBatch.read(log.reader(), List.of(5L, log.lastId() + 1)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is in the index and not in the log");
    }
  }

  @Test
  void damageBetweenThemDoesNotMatter() throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      Events.append(log, Events.ordinary(1));
      long damaged = Events.append(log, Events.ordinary(2));
      long last = Events.append(log, Events.ordinary(1));
      try (Stream<Path> files = Files.list(data.resolve("segments"))) {
        Path file = files.filter(f -> f.toString().endsWith(".cq4")).findFirst().orElseThrow();
        byte[] bytes = Files.readAllBytes(file);
        bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("sdxl")] ^= 1;
        Files.write(file, bytes);
      }
      assertThat(EntryBatch.read(log.reader(), List.of(last, 1L)))
          .extracting(StoredEntry::id)
          .containsExactly(last, 1L);
      assertThatThrownBy(() -> EntryBatch.read(log.reader(), List.of(last, damaged)))
          .hasMessageContaining("CRC32C");
    }
  }
}
