package io.tallystick.forward;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A receiver of others, as a process that can be killed and started again. */
public final class Counterpart implements AutoCloseable {
  private static final long START_SECONDS = 40;

  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private final int port;
  private Process process;

  /**
   * Starts it, and waits until it listens.
   *
   * @param log for what it prints
   * @param port that it listens on
   */
  public Counterpart(Path log, int port, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    this.command = command;
    this.environment = environment;
    this.log = log;
    this.port = port;
    start();
  }

  /** A port that nobody listens on. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Skips the test unless this command succeeds. */
  public static void need(
      String reason, Path in, Map<String, String> environment, String... command)
      throws InterruptedException {
    int code = -1;
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(in.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD);
      builder.environment().putAll(environment);
      code = builder.start().waitFor();
    } catch (IOException e) {
      // Not there, so that it skips.
    }
    assumeTrue(code == 0, reason);
  }

  public void start() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    process = builder.start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < end && process.isAlive()) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
        return;
      } catch (IOException e) {
        Thread.sleep(10);
      }
    }
    throw new IOException(command.getFirst() + " did not start, see " + log);
  }

  /** As {@code kill -9}. */
  public void kill() throws InterruptedException {
    int _ = process.destroyForcibly().waitFor();
  }

  /** Kills it a moment later, and starts it again. */
  public Thread restartSoon() {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            Thread.sleep(100);
            kill();
            start();
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** Asks it to end, and waits until it has written what it has. */
  public void stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      kill();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
