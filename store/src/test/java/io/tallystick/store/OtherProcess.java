package io.tallystick.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A program of the tests in a process of its own, for what one process must not do to another. */
public final class OtherProcess {
  private OtherProcess() {}

  /** Runs the {@code main} of this class on a path; returns its exit code and what it printed. */
  public static String run(Class<?> program, Path path) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    program.getName(),
                    path.toString()))
            .redirectErrorStream(true)
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + " " + printed;
  }
}
