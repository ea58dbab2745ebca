package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lock of a log's one writer. */
class LockTest {
  @TempDir Path directory;

  /** Opens the log, as another process. */
  static final class Other {
    private Other() {}

    public static void main(String[] args) throws IOException {
      AuditLog.open(Path.of(args[0]), AuditLogTest.CONFIG).close();
    }
  }

  @Test
  void aRefusedSecondOpenLeavesTheLockToTheFirst() throws Exception {
    Path data = directory.resolve("log");
    Path link = directory.resolve("link");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      Files.createSymbolicLink(link, data);
      for (Path path : List.of(data, link)) {
        assertThatThrownBy(() -> AuditLog.open(path, AuditLogTest.CONFIG))
            .isInstanceOf(LogException.Locked.class)
            .hasMessageContaining("in this process already");
      }
      assertThat(OtherProcess.run(Other.class, data))
          .contains("open for writing in another process");
      assertThat(log.stopped()).isEmpty();
    }
    AuditLog.open(link, AuditLogTest.CONFIG).close();
  }
}
