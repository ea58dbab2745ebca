package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ends a process that erases personal values, beside its appends, with SIGKILL, at random moments,
 * again and again on the same log. Every erasure that an entry records is carried out after the
 * next start, and whatever is not erased is as it was.
 */
class ErasureKillIT {
  private static final int KILLS = Boolean.getBoolean("tallystick.long") ? 200 : 12;
  private static final int BATCH = 40;

  @TempDir Path data;

  private final List<Erasure.Ids> erased = new ArrayList<>();

  @Test
  void everyErasureIsCarriedOutWhenTheProcessIsKilled() throws Exception {
    Random random = new Random();
    for (int kill = 0; kill < KILLS; kill++) {
      Process writer = start();
      Thread listener = Thread.ofPlatform().start(() -> read(writer));
      int before = erasures();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (erasures() == before && writer.isAlive() && System.nanoTime() < deadline) {
        Thread.sleep(5);
      }
      assertThat(erasures()).as("the writer came up").isGreaterThan(before);
      Thread.sleep(random.nextInt(300));
      writer.destroyForcibly().waitFor();
      listener.join();
      LogReader reader = LogReader.open(data);
      assertThat(new LogVerifier(reader).verify(VerifyRequest.all(), null).faults()).isEmpty();
    }
    LogReader reader;
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      reader = log.reader();
      List<Erasure.Ids> recorded = new ArrayList<>();
      for (long id : reader.erasures().entries()) {
        Erasure.of(reader.read(id).orElseThrow().decode())
            .ifPresent(entry -> recorded.addAll(entry.erasure().ids()));
      }
      assertThat(recorded).containsAll(erased).hasSizeGreaterThan(KILLS);
      for (Erasure.Ids ids : recorded) {
        for (long id = ids.first(); id <= ids.last(); id++) {
          assertThat(reader.read(id).orElseThrow().readable().values()).as("of %d", id).isEmpty();
        }
      }
      assertThat(new LogVerifier(reader).verify(VerifyRequest.all(), null).faults()).isEmpty();
    }
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
    assertThat(LogChecker.check(data).findings()).isEmpty();
    System.out.printf(
        "%d kills, %d erasures confirmed, %d recorded, all of them carried out%n",
        KILLS, erased.size(), reader.erasures().entries().size());
  }

  private synchronized int erasures() {
    return erased.size();
  }

  private void read(Process writer) {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.endsWith(";")) {
          String[] words = line.substring(0, line.length() - 1).split(" ", -1);
          synchronized (this) {
            erased.add(new Erasure.Ids(Long.parseLong(words[0]), Long.parseLong(words[1])));
          }
        }
      }
    } catch (IOException e) {
      // The pipe ends with the process.
      return;
    }
  }

  private Process start() throws IOException {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + options.toAbsolutePath().normalize(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Writer.class.getName(),
            data.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** The process that is killed. It prints the first and the last id of each erasure. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws Exception {
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      AuditLog log = AuditLog.open(Path.of(args[0]), LogConfig.defaults());
      log.append(AuditLogTest.events(BATCH), null).get();
      Thread.ofPlatform().daemon().start(() -> append(log));
      Random random = new Random();
      while (true) {
        long first = Math.max(1, log.lastId() - random.nextInt(10 * BATCH));
        long last = Math.min(log.lastId(), first + random.nextInt(2 * BATCH));
        Erasure.Ids ids = new Erasure.Ids(first, last);
        log.erase(Erasure.events(List.of(ids), List.of(), "asked for", null, false));
        out.println(first + " " + last + ";");
      }
    }

    private static void append(AuditLog log) {
      try {
        while (true) {
          log.append(AuditLogTest.events(BATCH), null).join();
          Thread.sleep(Duration.ofMillis(1));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
