package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Event;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogException;
import io.tallystick.tlog.EntryBundle;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class BundleStreamTest {
  @TempDir Path data;

  @Test
  void aBundleWhoseEntriesAreRemovedWhileItIsWrittenFails() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      Event large = Event.builder("auth.logout").userAgent("x".repeat(500)).build();
      log.append(Collections.nCopies(300, large), null).get();
    }
    LogReader log = LogReader.open(data);
    EntryBundle first = new EntryBundle(0, 256);
    BundleStream begun = log.tree().bundle(first).orElseThrow();
    log.moveHorizon(Horizon.restored(250, "00".repeat(32), List.of("archive")));

    ByteArrayOutputStream written = new ByteArrayOutputStream();
    assertThatThrownBy(() -> begun.writeTo(written)).isInstanceOf(LogException.Removed.class);
    assertThat(written.size()).isBetween(64 << 10, 128 << 10);
    assertThat(log.tree().bundle(first)).isEmpty();
  }
}
