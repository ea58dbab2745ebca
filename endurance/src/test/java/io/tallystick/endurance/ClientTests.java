package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The tests of a client in another language, run by that language's own tools. They start servers
 * themselves, because they kill some: the variable {@code TALLY} is the command for it.
 */
final class ClientTests {
  private final Path directory;

  private ClientTests(Path directory) {
    this.directory = directory;
  }

  /** Those in {@code clients/LANGUAGE}. */
  static ClientTests of(String language) {
    assumeTrue(Files.exists(jar()), "cli/target/tally.jar is not built");
    return new ClientTests(Path.of("../clients", language).toAbsolutePath().normalize());
  }

  /** Skips the test, with this reason, where a command fails or is not there. */
  ClientTests needs(String what, String... command) throws Exception {
    assumeTrue(exitCode(ProcessBuilder.Redirect.DISCARD, command) == 0, what + " is missing");
    return this;
  }

  /** Runs a command in the client's folder; what it prints becomes part of this test's output. */
  void run(String... command) throws Exception {
    Path output = Files.createTempFile("client", ".out");
    try {
      int code = exitCode(ProcessBuilder.Redirect.to(output.toFile()), command);
      String printed = Files.readString(output);
      System.out.println(printed);
      assertThat(code).as(printed).isZero();
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
    builder.environment().put("TALLY", server());
    builder.environment().put("TALLYSTICK_LONG", Boolean.getBoolean("tallystick.long") ? "1" : "");
    try {
      return builder.start().waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  private static Path jar() {
    return Path.of("../cli/target/tally.jar").toAbsolutePath().normalize();
  }

  /** The words that run tally, quoted for a shell. */
  private static String server() {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    return List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + options.toAbsolutePath().normalize(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // A server that is killed starts again more quickly with the classes that the tests
            // of the command line left, if they did.
            "-Xlog:disable",
            "-Xlog:all=warning,cds*=off:stderr",
            "-XX:SharedArchiveFile=" + jar().resolveSibling("tests.jsa"),
            "-jar",
            jar().toString())
        .stream()
        .map(word -> "'" + word.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" "));
  }
}
