package io.tallystick.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the API key comes from. It is asked before each request, by any thread, so a key can be
 * replaced while the client runs.
 */
@FunctionalInterface
public interface ApiKey {
  /**
   * The key, for instance {@code tally_85bd…}.
   *
   * @throws IOException if it cannot be had now
   */
  String get() throws IOException;

  /** From an environment variable. */
  static ApiKey fromEnv(String name) {
    return () -> {
      String key = System.getenv(name);
      if (key == null || key.isEmpty()) {
        throw new IOException(
            "the environment variable " + name + ", which should hold the API key, is not set");
      }
      return key;
    };
  }

  /** From a file; white space around it does not count. */
  static ApiKey fromFile(Path file) {
    return () -> Files.readString(file).strip();
  }
}
