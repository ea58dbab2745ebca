package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Opening a log where the operating system refuses another thread. */
class ThreadStartTest {
  @TempDir Path data;

  /** A thread that can't be started. */
  private static final class Refused extends Thread {
    @Override
    public synchronized void start() {
      throw new OutOfMemoryError("unable to create native thread");
    }
  }

  /** Makes threads, of which the one with this number can't be started. */
  private static final class Factory implements ThreadFactory {
    private final List<Thread> made = new ArrayList<>();
    private final int refused;

    Factory(int refused) {
      this.refused = refused;
    }

    @Override
    public Thread newThread(Runnable work) {
      Thread thread = made.size() == refused ? new Refused() : new Thread(work);
      made.add(thread);
      return thread;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aThreadThatDoesNotStartLeavesNoneOfTheOthersBehind(int refused) throws Exception {
    AuditLog.open(data, AuditLogTest.CONFIG).close();
    Factory threads = new Factory(refused);
    assertThatThrownBy(() -> AuditLog.open(data, AuditLogTest.CONFIG, threads))
        .hasMessage("unable to create native thread");
    assertThat(threads.made).hasSize(3);
    for (Thread thread : threads.made) {
      assertThat(thread.getState() == Thread.State.NEW || thread.join(Duration.ofSeconds(20)))
          .as("%s ended", thread)
          .isTrue();
    }
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      assertThat(log.append(AuditLogTest.event(1)).get().firstId()).isEqualTo(2);
    }
  }
}
