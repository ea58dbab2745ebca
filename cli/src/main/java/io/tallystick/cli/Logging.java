package io.tallystick.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.logging.LogManager;

/**
 * The process's logging, as {@code logging.properties} beside this class describes it. The JDK
 * makes one when something first logs, because a system property names this class; so a command
 * that logs nothing does not pay for it.
 */
public final class Logging {

  /** Called by {@link LogManager}, which wants all of its work done here. */
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
