package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The tests of a client in another language, run by that language's own tools. They start servers
 * themselves, because they kill some: the variable {@code TALLY} is the command for it.
 */
final class ClientTests {
  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();

  private ClientTests(Path directory) {
    this.directory = directory;
  }

  /** Those in {@code clients/LANGUAGE}. */
  static ClientTests of(String language) {
    assumeTrue(Files.exists(PackagedServer.JAR), "cli/target/tally.jar is not built");
    return new ClientTests(Path.of("../clients", language).toAbsolutePath().normalize());
  }

  /** Sets a variable for its tools. */
  ClientTests with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Skips the test, with this reason, where a command fails or is not there. */
  ClientTests needs(String what, String... command) throws Exception {
    assumeTrue(exitCode(ProcessBuilder.Redirect.DISCARD, command) == 0, what + " is missing");
    return this;
  }

  /**
   * Runs a command in the client's folder, which must succeed; what it prints becomes part of this
   * test's output, and is returned.
   */
  String run(String... command) throws Exception {
    Path output = Files.createTempFile("client", ".out");
    try {
      int code = exitCode(ProcessBuilder.Redirect.to(output.toFile()), command);
      String printed = Files.readString(output);
      System.out.println(printed);
      assertThat(code).as(printed).isZero();
      return printed;
    } finally {
      Files.delete(output);
    }
  }

  private int exitCode(ProcessBuilder.Redirect output, String... command)
      throws InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output);
    builder.environment().keySet().removeIf(name -> name.startsWith("TALLY_"));
    builder.environment().putAll(environment);
    builder.environment().put("TALLY", server());
    builder.environment().put("TALLYSTICK_LONG", Boolean.getBoolean("tallystick.long") ? "1" : "");
    try {
      return builder.start().waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  /** The words that run tally, quoted for a shell. */
  private static String server() {
    return PackagedServer.tally(PackagedServer.QUICK_START).stream()
        .map(word -> "'" + word.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" "));
  }
}
