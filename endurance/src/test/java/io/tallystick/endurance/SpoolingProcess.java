package io.tallystick.endurance;

import io.tallystick.client.AuditClient;
import io.tallystick.client.Event;
import io.tallystick.client.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A process that appends to a spool until its input ends, and prints the id of each event whose
 * append has returned.
 */
final class SpoolingProcess {
  private static final int THREADS = 4;

  private final Process process;

  /** What it prints: a pipe would lose what was not read when it was killed. */
  private final Path output;

  private SpoolingProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  static SpoolingProcess start(String url, String key, Path spool) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            SpoolingProcess.class.getName(),
            url,
            spool.toString());
    builder.environment().put("TEST_KEY", key);
    Path output = Files.createTempFile(spool.toAbsolutePath().getParent(), "appended", ".txt");
    return new SpoolingProcess(
        builder
            .redirectOutput(output.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start(),
        output);
  }

  /** SIGKILL; what it said before. */
  List<String> kill() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    return lines();
  }

  /** Lets it close its client; what it said. */
  List<String> finish() throws IOException, InterruptedException {
    process.getOutputStream().close();
    process.waitFor();
    return lines();
  }

  /** Each line ends in a dot, so that what a kill left of one is none. */
  private List<String> lines() throws IOException {
    return Files.readAllLines(output).stream()
        .filter(line -> line.endsWith("."))
        .map(line -> line.substring(0, line.length() - 1))
        .toList();
  }

  public static void main(String[] args) throws Exception {
    String key = System.getenv("TEST_KEY");
    AuditClient client =
        AuditClient.builder()
            .url(args[0])
            .key(() -> key)
            .mode(Mode.SPOOLED)
            .spool(Path.of(args[1]))
            .build();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Thread thread = new Thread(() -> appendUntilInterrupted(client));
      thread.start();
      threads.add(thread);
    }
    while (System.in.read() >= 0) {}
    for (Thread thread : threads) {
      thread.interrupt();
      thread.join();
    }
    System.out.println("left " + client.close(Duration.ofMinutes(1)) + ".");
  }

  private static void appendUntilInterrupted(AuditClient client) {
    for (int n = 0; !Thread.currentThread().isInterrupted(); n++) {
      Event event = Event.of("test.killed").detail("filler", "x".repeat(n % 200));
      System.out.println(client.append(event).eventId() + ".");
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
