package io.tallystick.ingest.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs scripts with python3, whose sqlite3 writes the databases of these tests. */
public final class Python {
  private Python() {}

  /** Runs a script, and gives what it prints. Skips the test where there is no python3. */
  public static String run(String script, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of("python3", "-"));
    words.addAll(List.of(arguments));
    Process process;
    try {
      process = new ProcessBuilder(words).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, "python3 is not installed, whose sqlite3 makes the database");
      throw e;
    }
    try (var in = process.getOutputStream()) {
      in.write(script.getBytes(UTF_8));
    }
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(printed).isZero();
    return printed;
  }
}
