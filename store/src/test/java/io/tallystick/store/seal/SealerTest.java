package io.tallystick.store.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogReader;
import io.tallystick.store.files.DirectoryLock;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.RightEdge;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sealer when something else fails, and when its device has no room. */
class SealerTest {
  @TempDir Path directory;

  private Sealer sealer(StopLatch latch) throws Exception {
    Path data = directory.resolve("log");
    AuditLog.open(data, AuditLogTest.CONFIG).close();
    DataDirectory files = new DataDirectory(data);
    TileFiles tiles = new TileFiles(files);
    LogReader reader = LogReader.open(data);
    return new Sealer(
        latch,
        RightEdge.read(1, tiles, new Hasher()),
        tiles,
        tiles.new Writer(),
        reader.tree().files(),
        reader.identity().origin(),
        SigningKeyRing.read(files.signingKey(), reader.identity().origin()).orElseThrow(),
        reader.tree().newest().orElseThrow(),
        Duration.ofHours(1),
        Clock.systemUTC());
  }

  @Test
  void whoWaitsForHashesThatDoNotComeIsToldAndCostsNothingMeanwhile() throws Exception {
    StopLatch latch = new StopLatch();
    Sealer sealer = sealer(latch);
    Thread thread = Thread.ofPlatform().daemon().start(sealer);
    CompletableFuture<SignedCheckpoint> covered = sealer.covering(5);
    Thread.sleep(1_000);
    long used = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    assertThat(Duration.ofNanos(used)).isLessThan(Duration.ofMillis(300));
    assertThat(covered).isNotDone();

    latch.stop(new LogException.Stopped("the device is gone", new IOException("EIO")));
    assertThatThrownBy(() -> covered.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(LogException.Stopped.class)
        .hasMessageContaining("the device is gone");
    sealer.close();
    thread.join();
  }

  @Test
  void anInterruptedSealerSealsAndDoesNotSpin() throws Exception {
    Sealer sealer = sealer(new StopLatch());
    Thread thread = Thread.ofPlatform().daemon().start(sealer);
    thread.interrupt();
    Thread.sleep(1_000);
    long used = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    assertThat(Duration.ofNanos(used)).isLessThan(Duration.ofMillis(300));
    sealer.extend(new byte[Hash.BYTES]);
    assertThat(sealer.covering(2).get(20, TimeUnit.SECONDS).size()).isEqualTo(2);
    sealer.close();
    thread.join();
  }

  /** Locks a folder of checkpoints, as another process, until its input ends. */
  static final class Stuck {
    private Stuck() {}

    public static void main(String[] args) throws IOException {
      try (DirectoryLock _ = DirectoryLock.tryLock(Path.of(args[0])).orElseThrow()) {
        System.out.println("locked");
        System.in.transferTo(OutputStream.nullOutputStream());
      }
    }
  }

  @Test
  void aProcessThatIsStuckInTheHistoryDelaysNoSeal() throws Exception {
    AuditLogTest.SteppingClock clock =
        new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));
    Path data = directory.resolve("kept");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build())) {
      Process stuck =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElseThrow(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Stuck.class.getName(),
                  data.resolve("checkpoints").toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try {
        assertThat(stuck.inputReader().readLine()).isEqualTo("locked");
        clock.now = clock.now.plusSeconds(7_200);
        log.append(AuditLogTest.event(1)).get();
        long started = System.nanoTime();
        assertThat(log.seal().get().size()).isEqualTo(2);
        log.append(AuditLogTest.event(2)).get();
        assertThat(log.seal().get().size()).isEqualTo(3);
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
        assertThat(log.reader().tree().files().keptSizes()).containsExactly(1L);
      } finally {
        stuck.destroyForcibly().waitFor();
      }
      log.append(AuditLogTest.event(3)).get();
      log.seal().get();
      assertThat(log.reader().tree().files().keptSizes()).containsExactly(4L, 1L);
    }
  }

  @Test
  void whoStillWaitsAtTheEndIsTold() throws Exception {
    Sealer sealer = sealer(new StopLatch());
    Thread thread = Thread.ofPlatform().daemon().start(sealer);
    CompletableFuture<SignedCheckpoint> covered = sealer.covering(5);
    sealer.close();
    thread.join();
    assertThat(covered).isCompletedExceptionally();
    assertThat(sealer.covering(5)).isCompletedExceptionally();
  }

  @Test
  void theReasonWhyTheLogStoppedIsSaidOnce() {
    List<LogRecord> said = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            said.add(entry);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("io.tallystick.store");
    logger.addHandler(handler);
    try {
      new StopLatch().stop(new LogException.Stopped("the log is closed"));
      assertThat(said).isEmpty();
      StopLatch latch = new StopLatch();
      latch.stop(new LogException.Stopped("the first reason", new IOException("EIO")));
      latch.stop(new LogException.Stopped("the second", new IOException("EIO")));
      assertThat(said)
          .singleElement()
          .satisfies(entry -> {
            assertThat(entry.getLevel()).isEqualTo(Level.SEVERE);
            assertThat(entry.getMessage()).contains("the first reason");
          });
    } finally {
      logger.removeHandler(handler);
    }
  }

  @Test
  void historyThatCanNotBeKeptStopsNothing() throws Exception {
    AuditLogTest.SteppingClock clock =
        new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));
    Path data = directory.resolve("kept");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build())) {
      clock.now = clock.now.plusSeconds(7_200);
      Path kept = data.resolve("checkpoints");
      Files.move(kept, data.resolve("aside"));
      Files.createFile(kept);
      log.append(AuditLogTest.event(1)).get();
      assertThat(log.seal().get().size()).isEqualTo(2);
      Files.delete(kept);
      Files.move(data.resolve("aside"), kept);
      log.append(AuditLogTest.event(2)).get();
      log.seal().get();
    }
    assertThat(LogReader.open(data).tree().files().keptSizes()).containsExactly(3L, 1L);
  }

  @Test
  void sealingGoesOnWhenThereIsRoomAgain() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "mounting needs root");
    Path device = Files.createDirectory(directory.resolve("device"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=256m", "none", device.toString()) == 0,
        "a tmpfs can't be mounted");
    try {
      Path data = device.resolve("log");
      try (AuditLog log =
          AuditLog.open(
              data, AuditLogTest.CONFIG.toBuilder().sealEvery(Duration.ofHours(1)).build())) {
        log.append(AuditLogTest.events(1_000), null).get();
        Path ballast = device.resolve("ballast");
        fill(ballast);
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> log.seal().get())
              .isInstanceOf(ExecutionException.class)
              .hasCauseInstanceOf(LogException.DiskFull.class);
          assertThatThrownBy(() -> log.append(AuditLogTest.event(1)).get())
              .hasCauseInstanceOf(LogException.DiskFull.class);
        }
        assertThat(log.stopped()).isEmpty();
        assertThat(log.reader().read(900)).isPresent();
        Files.delete(ballast);
        log.append(AuditLogTest.events(1_000), null).get();
        assertThat(log.seal().get().size()).isEqualTo(2_001);
      }
      assertThat(new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null).faults())
          .isEmpty();
      try (var left = Files.list(data)) {
        assertThat(left.filter(file -> file.toString().endsWith(".tmp"))).isEmpty();
      }
    } finally {
      run("umount", "-l", device.toString());
    }
  }

  private static void fill(Path file) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      byte[] some = new byte[4_096];
      while (true) {
        out.write(some);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
