package io.tallystick.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.logging.LogManager;

/**
 * Configures the process's logging from {@code logging.properties} beside this class. A system
 * property names this class, and the JDK creates it when something first logs, so a command that
 * logs nothing does not pay for it.
 */
public final class Logging {

  /** Called by {@link LogManager}, which expects the configuration to be read here. */
  public Logging() throws IOException {
    try (InputStream properties = Logging.class.getResourceAsStream("logging.properties")) {
      LogManager.getLogManager().readConfiguration(Objects.requireNonNull(properties));
    }
  }

  /** Makes this the configuration, unless the user names another with the JDK's own properties. */
  static void install() {
    if (System.getProperty("java.util.logging.config.file") == null) {
      System.setProperty("java.util.logging.config.class", Logging.class.getName());
    }
  }
}
