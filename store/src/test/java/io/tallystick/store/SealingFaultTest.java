package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class SealingFaultTest {
  @TempDir Path data;

  @Test
  void aLogWhoseSealingThreadHasEndedSaysSo() throws Exception {
    AuditLog.open(data, AuditLogTest.CONFIG).close();
    int[] made = {0};
    // The third thread is the one that seals.
    try (AuditLog log =
        AuditLog.open(
            data,
            AuditLogTest.CONFIG,
            work -> ++made[0] == 3 ? new Thread(() -> {}) : new Thread(work))) {
      log.append(Event.of("auth.logout")).get();
      while (log.sealingFault().isEmpty()) {
        Thread.sleep(10);
      }
      assertThat(log.sealingFault())
          .hasValue("The thread that seals has ended; restart the server.");
      assertThat(log.stopped()).isEmpty();
    }
  }
}
