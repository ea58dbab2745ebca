package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoggingTest {

  @AfterEach
  void restoreTheJdksOwn() throws IOException {
    LogManager.getLogManager().readConfiguration();
  }

  @Test
  void letsOurNewsAndEveryWarningThrough() throws IOException {
    new Logging();

    assertThat(Logger.getLogger("io.tallystick.store.segment.Recovery").isLoggable(Level.INFO))
        .isTrue();
    assertThat(Logger.getLogger("org.eclipse.jetty.Server").isLoggable(Level.WARNING)).isTrue();
  }

  @Test
  void keepsTheLibrariesNewsToItself() throws IOException {
    new Logging();

    assertThat(Logger.getLogger("net.openhft.chronicle.core.Jvm").isLoggable(Level.INFO)).isFalse();
    assertThat(
            Logger.getLogger("org.apache.lucene.internal.vectorization.VectorizationProvider")
                .isLoggable(Level.WARNING))
        .isFalse();
  }
}
