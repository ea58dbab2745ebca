package io.tallystick.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.Receipt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * Forced appends, raw Chronicle appends and the bare device in turns in one process, and the ratios
 * of each round: on a machine that others use too, only measurements within seconds of each other
 * can be compared. It also prints the processor time of the whole process, which depends less on
 * what else runs: with two cores, half of it is the least that an entry can take. The device's time
 * is the least that a forced entry can take whatever the processors do.
 *
 * <p>Raw is timed twice: one thread that appends the same bytes again and again, and the eight
 * producers that the log has too, each of which encodes its events and appends them to their one
 * queue.
 *
 * <pre>
 * java @jvm.options -cp benchmarks/target/benchmarks.jar io.tallystick.benchmarks.SideBySide [rounds] [entries] [batch]
 * </pre>
 */
public final class SideBySide {
  private static final int WARM_UP_ROUNDS = 4;
  private static final int PRODUCERS = 8;
  private static final int WINDOW_EVENTS = 1_024;
  private static final int ENTRY_BYTES = 310;
  private static final int BLOCK_BYTES = 256 << 10;

  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** What an entry cost, in microseconds: elapsed time, and time of all processors together. */
  private record Cost(double micros, double cpuMicros) {}

  private SideBySide() {}

  /** Warms up, runs the rounds and prints a line each, then the median of the ratios. */
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
    int entries = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
    int batch = args.length > 2 ? Integer.parseInt(args[2]) : 1;
    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
      raw(entries);
      shared(entries);
      device(entries);
      forced(entries, batch);
    }
    double[] ratios = new double[rounds];
    double[] sharedRatios = new double[rounds];
    double[] deviceRatios = new double[rounds];
    double[] rawCpu = new double[rounds];
    double[] forcedCpu = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      Cost raw = raw(entries);
      Cost shared = shared(entries);
      Cost device = device(entries);
      Cost forced = forced(entries, batch);
      sharedRatios[round] = shared.micros / forced.micros;
      ratios[round] = raw.micros / forced.micros;
      deviceRatios[round] = device.micros / forced.micros;
      rawCpu[round] = raw.cpuMicros;
      forcedCpu[round] = forced.cpuMicros;
      System.out.printf(
          "raw %.2f us (processor %.2f), raw from all producers %.2f us (%.2f), device %.2f us (%.2f),"
              + " forced %.2f us (%.2f) an entry: %.2f x raw, %.2f x raw from all, %.2f x the device%n",
          raw.micros,
          raw.cpuMicros,
          shared.micros,
          shared.cpuMicros,
          device.micros,
          device.cpuMicros,
          forced.micros,
          forced.cpuMicros,
          ratios[round],
          sharedRatios[round],
          deviceRatios[round]);
    }
    Arrays.sort(ratios);
    Arrays.sort(sharedRatios);
    Arrays.sort(deviceRatios);
    Arrays.sort(rawCpu);
    Arrays.sort(forcedCpu);
    System.out.printf(
        "median %.2f x raw, from %.2f to %.2f, %.2f x raw from all producers, from %.2f to %.2f, and"
            + " %.2f x the device, from %.2f to %.2f; processor %.2f and %.2f us; %d producers, batches of %d%n",
        ratios[rounds / 2],
        ratios[0],
        ratios[rounds - 1],
        sharedRatios[rounds / 2],
        sharedRatios[0],
        sharedRatios[rounds - 1],
        deviceRatios[rounds / 2],
        deviceRatios[0],
        deviceRatios[rounds - 1],
        rawCpu[rounds / 2],
        forcedCpu[rounds / 2],
        PRODUCERS,
        batch);
  }

  private static Cost raw(int entries) throws IOException {
    Path directory = Directories.create("raw");
    byte[] entry = new byte[ENTRY_BYTES];
    Arrays.fill(entry, (byte) 'x');
    try (SingleChronicleQueue queue =
        SingleChronicleQueueBuilder.binary(directory.toFile())
            .rollCycle(RollCycles.FAST_HOURLY)
            .blockSize(64L << 20)
            .build()) {
      ExcerptAppender appender = queue.createAppender();
      Cost before = now();
      for (int i = 0; i < entries; i++) {
        try (DocumentContext document = appender.writingDocument()) {
          document.wire().bytes().write(entry);
        }
      }
      return since(before, entries);
    } finally {
      Directories.delete(directory);
    }
  }

  /** A program with the log's producers and events, but Chronicle alone. */
  private static Cost shared(int entries) throws Exception {
    Path directory = Directories.create("shared");
    List<Event> made = LongStream.range(0, 4_096).mapToObj(Events::apiKeyUse).toList();
    try (SingleChronicleQueue queue =
        SingleChronicleQueueBuilder.binary(directory.toFile())
            .rollCycle(RollCycles.FAST_HOURLY)
            .blockSize(64L << 20)
            .build()) {
      List<Thread> producers = new ArrayList<>();
      Cost before = now();
      for (int p = 0; p < PRODUCERS; p++) {
        producers.add(Thread.ofPlatform().start(() -> appendRaw(queue, made, entries / PRODUCERS)));
      }
      for (Thread producer : producers) {
        producer.join();
      }
      return since(before, entries);
    } finally {
      Directories.delete(directory);
    }
  }

  private static void appendRaw(SingleChronicleQueue queue, List<Event> made, int entries) {
    byte[] rest = new byte[ENTRY_BYTES];
    try (ExcerptAppender appender = queue.createAppender()) {
      for (int i = 0; i < entries; i++) {
        byte[] body = EntryCodec.encodeEvent(made.get(i % made.size()), null).body();
        try (DocumentContext document = appender.writingDocument()) {
          document.wire().bytes().write(body);
          document.wire().bytes().write(rest, 0, Math.max(0, ENTRY_BYTES - body.length));
        }
      }
    }
  }

  /**
   * As many bytes written to a file in blocks as large as the log's, by one thread, while another
   * forces whatever is there; as far ahead of the force as the producers may be, all together.
   */
  private static Cost device(int entries) throws Exception {
    Path directory = Directories.create("device");
    byte[] block = new byte[BLOCK_BYTES];
    ThreadLocalRandom.current().nextBytes(block);
    long bytes = (long) entries * ENTRY_BYTES;
    AtomicLong forcedBytes = new AtomicLong();
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve("blocks"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Cost before = now();
      Thread forcing =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  while (forcedBytes.get() < bytes) {
                    long written = channel.size();
                    if (written == forcedBytes.get()) {
                      LockSupport.parkNanos(50_000);
                      continue;
                    }
                    channel.force(false);
                    forcedBytes.set(written);
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      for (long at = 0; at < bytes; ) {
        if (at - forcedBytes.get() > (long) PRODUCERS * WINDOW_EVENTS * ENTRY_BYTES) {
          if (!forcing.isAlive()) {
            throw new IOException("the device could not be forced");
          }
          LockSupport.parkNanos(50_000);
          continue;
        }
        at +=
            channel.write(ByteBuffer.wrap(block, 0, (int) Math.min(block.length, bytes - at)), at);
      }
      forcing.join();
      return since(before, entries);
    } finally {
      Directories.delete(directory);
    }
  }

  private static Cost forced(int entries, int batch) throws Exception {
    Path directory = Directories.create("forced");
    try (AuditLog log = AuditLog.open(directory, LogConfig.defaults())) {
      List<Thread> producers = new ArrayList<>();
      List<Event> made = LongStream.range(0, 4_096).mapToObj(Events::apiKeyUse).toList();
      Cost before = now();
      for (int p = 0; p < PRODUCERS; p++) {
        producers.add(
            Thread.ofPlatform().start(() -> produce(log, made, entries / PRODUCERS, batch)));
      }
      for (Thread producer : producers) {
        producer.join();
      }
      Cost cost = since(before, entries);
      if (log.lastId() != 1 + (long) entries / PRODUCERS / batch * batch * PRODUCERS) {
        throw new IllegalStateException("the log ends at " + log.lastId());
      }
      return cost;
    } finally {
      Directories.deleteSegments(directory);
    }
  }

  /** Raw Chronicle gets bytes that were made before, so the log gets events that were. */
  private static void produce(AuditLog log, List<Event> made, int entries, int batch) {
    Deque<CompletableFuture<Receipt>> underWay = new ArrayDeque<>();
    for (int i = 0; i + batch <= entries; i += batch) {
      int from = i % (made.size() - batch + 1);
      underWay.add(log.append(made.subList(from, from + batch), null));
      if (underWay.size() * batch >= WINDOW_EVENTS) {
        underWay.remove().join();
      }
    }
    underWay.forEach(CompletableFuture::join);
  }

  private static Cost now() {
    double micros = TimeUnit.MICROSECONDS.toNanos(1);
    return new Cost(System.nanoTime() / micros, PROCESS.getProcessCpuTime() / micros);
  }

  private static Cost since(Cost before, int entries) {
    Cost now = now();
    return new Cost(
        (now.micros - before.micros) / entries, (now.cpuMicros - before.cpuMicros) / entries);
  }
}
