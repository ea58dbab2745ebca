package io.tallystick.endurance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A program of others in a process of its own. What it prints goes to a file. */
final class Program implements AutoCloseable {
  /** Where {@code forward/src/test/counterparts/get} puts them. */
  static final Path FOLDER = Path.of("../forward/target/counterparts").toAbsolutePath().normalize();

  private final Path output;
  private final Map<String, String> environment;
  private final List<String> command;
  private Process process;

  Program(Path output, Map<String, String> environment, String... command) throws IOException {
    this.output = output;
    this.environment = environment;
    this.command = List.of(command);
    process = start();
  }

  /** The path of one; skips the test without it. */
  static String need(String what, String path) {
    assumeTrue(
        Files.exists(FOLDER.resolve(path)),
        what + " is missing (forward/src/test/counterparts/get)");
    return FOLDER.resolve(path).toString();
  }

  private Process start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .redirectError(ProcessBuilder.Redirect.appendTo(errors().toFile()));
    builder.environment().putAll(environment);
    return builder.start();
  }

  private Path errors() {
    return output.resolveSibling(output.getFileName() + ".err");
  }

  boolean isRunning() {
    return process.isAlive();
  }

  /** SIGKILL, and it starts again. */
  void restart() throws IOException {
    close();
    process = start();
  }

  /** The lines that it has printed. */
  List<String> lines() throws IOException {
    return Files.readAllLines(output);
  }

  /** What it printed last, to be told when it fails. */
  String said() throws IOException {
    String all = Files.readString(output) + Files.readString(errors());
    return all.substring(Math.max(0, all.length() - 4_000));
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
