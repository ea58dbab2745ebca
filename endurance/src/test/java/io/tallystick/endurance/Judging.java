package io.tallystick.endurance;

import io.tallystick.store.SmallJava;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Passes damages to a {@link Judge}, one after another, with a watchdog: if a judge ends or is
 * silent for a minute, its damage is to blame, and a new judge gets the next one. Used by one
 * thread.
 */
final class Judging implements AutoCloseable {
  /** A judge is replaced after this many, so that nothing piles up in it. */
  private static final int PER_JUDGE = 10_000;

  private static final long PATIENCE_SECONDS = 60;

  private final Path log;
  private final Path directory;
  private final String witness;
  private @Nullable Process process;
  private @Nullable PrintStream to;
  private @Nullable BufferedReader from;
  private int judged;

  /**
   * @param directory for the copy; best in memory, because no device is tested here
   * @param witness the witness's verifier key
   */
  Judging(Path log, Path directory, String witness) {
    this.log = log;
    this.directory = directory;
    this.witness = witness;
  }

  /** What came of the damage. */
  String judge(Damage damage) throws IOException, InterruptedException {
    if (process == null || judged >= PER_JUDGE) {
      start();
    }
    judged++;
    PrintStream out = to;
    if (out != null) {
      out.println(damage.line());
    }
    return answer();
  }

  private void start() throws IOException, InterruptedException {
    close();
    SmallLog.delete(directory.resolve("copy"));
    Process started =
        new ProcessBuilder(
                SmallJava.command(
                    List.of("-XX:ErrorFile=" + directory.resolve("crash")),
                    Judge.class,
                    log.toString(),
                    directory.resolve("copy").toString(),
                    witness))
            .redirectError(directory.resolve("err").toFile())
            .start();
    process = started;
    to = new PrintStream(started.getOutputStream(), true, StandardCharsets.UTF_8);
    from =
        new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
    judged = 0;
    String untouched = answer();
    if (!untouched.equals("harmless")) {
      throw new AssertionError("the untouched log is not judged harmless: " + untouched);
    }
  }

  private String answer() throws IOException, InterruptedException {
    Process judge = process;
    BufferedReader in = from;
    if (judge == null || in == null) {
      throw new IllegalStateException("there is no judge");
    }
    CompletableFuture<@Nullable String> line = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            line.complete(in.readLine());
          } catch (IOException e) {
            line.complete(null);
          }
        });
    try {
      String answer = line.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (answer != null) {
        return answer;
      }
      int code = judge.waitFor();
      process = null;
      return "crashes with " + code + ": " + error();
    } catch (TimeoutException e) {
      judge.destroyForcibly().waitFor();
      process = null;
      return "hangs";
    } catch (ExecutionException e) {
      throw new IOException(e);
    }
  }

  private List<String> error() throws IOException {
    return Files.readAllLines(directory.resolve("err"), StandardCharsets.UTF_8).stream()
        .limit(6)
        .toList();
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly().onExit().join();
      process = null;
    }
  }
}
