package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Uses loggers that nothing else uses: the JDK applies a parent's level only to new loggers. */
class LoggingTest {

  @AfterEach
  void restoreTheJdksOwn() throws IOException {
    LogManager.getLogManager().readConfiguration();
  }

  @Test
  void letsOurNewsAndEveryWarningThrough() throws IOException {
    new Logging();

    assertThat(Logger.getLogger("io.tallystick.store.segment.Example").isLoggable(Level.INFO))
        .isTrue();
    assertThat(Logger.getLogger("org.eclipse.jetty.Example").isLoggable(Level.WARNING)).isTrue();
  }

  @Test
  void keepsTheLibrariesNewsToItself() throws IOException {
    new Logging();

    assertThat(Logger.getLogger("net.openhft.chronicle.core.Example").isLoggable(Level.INFO))
        .isFalse();
    assertThat(
            Logger.getLogger("org.apache.lucene.internal.vectorization.Example")
                .isLoggable(Level.WARNING))
        .isFalse();
    assertThat(Logger.getLogger("org.apache.kafka.Example").isLoggable(Level.WARNING)).isFalse();
    assertThat(Logger.getLogger("org.apache.kafka.clients.NetworkClient").isLoggable(Level.SEVERE))
        .isFalse();
  }
}
