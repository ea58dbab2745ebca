package io.tallystick.forward;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Programs of others, asked by a few lines of Python in {@code src/test/python}. */
public final class Python {
  /** Where {@code check --long} puts packages of others. */
  private static final Path ENVIRONMENT = Path.of("target/counterparts/venv/bin");

  private Python() {}

  /** A program that came with a package: that of {@code check --long}, or the system's. */
  public static String program(String name) {
    Path own = ENVIRONMENT.resolve(name);
    return Files.isExecutable(own) ? own.toAbsolutePath().toString() : name;
  }

  /** What a script prints for this input; skips the test if it lacks one of these modules. */
  public static List<String> ask(
      String script, byte[] input, List<String> arguments, String... modules)
      throws IOException, InterruptedException {
    assumeTrue(
        run(new byte[0], List.of("-c", "import " + String.join(",", modules))) != null,
        "python3 with " + String.join(", ", modules) + " is missing (pip install)");
    List<String> command = new ArrayList<>();
    command.add(Path.of("src/test/python", script).toString());
    command.addAll(arguments);
    List<String> lines = run(input, command);
    if (lines == null) {
      throw new AssertionError(script + " failed");
    }
    return lines;
  }

  /**
   * What a script prints, to either stream, and its exit code; skips the test if it lacks a module.
   */
  public static List<String> run(Path script, String module, List<String> arguments, String... more)
      throws IOException, InterruptedException {
    assumeTrue(
        run(new byte[0], List.of("-c", "import " + module)) != null,
        "python3 with " + module + " is missing (pip install)");
    List<String> command = new ArrayList<>(List.of(program("python3"), "-B", script.toString()));
    command.addAll(arguments);
    command.addAll(List.of(more));
    Process python = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> said =
        new ArrayList<>(new String(python.getInputStream().readAllBytes(), UTF_8).lines().toList());
    said.add(Integer.toString(python.waitFor()));
    return said;
  }

  private static @Nullable List<String> run(byte[] input, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program("python3")));
    command.addAll(arguments);
    Process python;
    try {
      python = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      return null;
    }
    Thread.ofVirtual()
        .start(() -> {
          try (OutputStream out = python.getOutputStream()) {
            out.write(input);
          } catch (IOException e) {
            // It ended before it had read everything, which its exit code says.
          }
        });
    String printed = new String(python.getInputStream().readAllBytes(), UTF_8);
    return python.waitFor() == 0 ? printed.lines().toList() : null;
  }
}
