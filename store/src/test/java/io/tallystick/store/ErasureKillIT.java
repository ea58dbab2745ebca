package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ends a process that erases personal values, beside its appends, with SIGKILL, at random moments,
 * again and again on the same log. Every erasure that an entry records is carried out after the
 * next start, and whatever is not erased is as it was.
 */
class ErasureKillIT {
  private static final int KILLS = Boolean.getBoolean("tallystick.long") ? 200 : 4;
  private static final int BATCH = 40;

  @TempDir Path data;

  @Test
  void everyErasureIsCarriedOutWhenTheProcessIsKilled() throws Exception {
    Random random = new Random();
    List<Erasure.Ids> erased = new ArrayList<>();
    for (int kill = 0; kill < KILLS; kill++) {
      KilledWriter writer = KilledWriter.start(Writer.class, data);
      writer.awaitLines(1);
      Thread.sleep(random.nextInt(300));
      for (String line : writer.kill()) {
        String[] words = line.split(" ", -1);
        erased.add(new Erasure.Ids(Long.parseLong(words[0]), Long.parseLong(words[1])));
      }
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
