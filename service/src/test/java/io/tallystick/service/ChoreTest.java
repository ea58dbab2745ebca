package io.tallystick.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class ChoreTest {
  @Test
  void nothingThatAChoreThrowsEndsItAndEverythingIsLogged() throws Exception {
    List<LogRecord> logged = new ArrayList<>();
    Logger logger = Logger.getLogger(Chore.class.getName());
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(record);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    try {
      Chore.attempt(
          "reading",
          () -> {
            throw new IOException("no such disk");
          });
      Chore.attempt(
          "counting",
          () -> {
            throw new NoClassDefFoundError("Missing");
          });
      Chore.attempt(
          "filling",
          () -> {
            throw new OutOfMemoryError("heap");
          });
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(logged)
        .extracting(LogRecord::getLevel)
        .containsExactly(Level.WARNING, Level.SEVERE, Level.SEVERE);
    assertThat(logged.get(1).getThrown()).isInstanceOf(NoClassDefFoundError.class);
  }

  @Test
  void anInterruptEndsTheThread() {
    assertThatThrownBy(() ->
            Chore.attempt(
                "waiting",
                () -> {
                  throw new InterruptedException();
                }))
        .isInstanceOf(InterruptedException.class);
  }
}
