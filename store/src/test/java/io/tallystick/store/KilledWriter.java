package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that writes a log until it is killed. It prints what it was told was done, a line each
 * that ends with a semicolon; a line without one was being printed at its end.
 */
final class KilledWriter {
  private final Process process;
  private final Thread listener;

  @GuardedBy("this")
  private final List<String> lines = new ArrayList<>();

  private KilledWriter(Process process) {
    this.process = process;
    this.listener = Thread.ofPlatform().unstarted(this::read);
  }

  /** Runs the main method of a class with the log's directory as its argument. */
  static KilledWriter start(Class<?> main, Path data) throws IOException {
    KilledWriter writer =
        new KilledWriter(
            new ProcessBuilder(SmallJava.command(main, data.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    writer.listener.start();
    return writer;
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.endsWith(";")) {
          add(line.substring(0, line.length() - 1));
        }
      }
    } catch (IOException e) {
      // The pipe ends with the process.
      return;
    }
  }

  private synchronized void add(String line) {
    lines.add(line);
  }

  private synchronized int size() {
    return lines.size();
  }

  /** Waits until it has printed so many lines. */
  void awaitLines(int least) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (size() < least && process.isAlive() && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    assertThat(size()).as("the writer came up").isGreaterThanOrEqualTo(least);
  }

  /** SIGKILL. Returns the lines that it printed, without their semicolons. */
  List<String> kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
    listener.join();
    synchronized (this) {
      return List.copyOf(lines);
    }
  }
}
