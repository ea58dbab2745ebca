package io.tallystick.benchmarks;

import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.Durability;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.Receipt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Appending one event of about 300 bytes, from {@link Event} to acknowledged entry, compared with a
 * raw append of as many bytes to Chronicle Queue, which is neither hashed nor forced. Entries a
 * second, all threads together.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(3)
public class AppendBenchmark {
  /** A log that is written. */
  @State(Scope.Benchmark)
  public static class Log {
    private Path directory = Path.of("");
    AuditLog log;

    Durability durability() {
      return Durability.FORCED;
    }

    @Setup(Level.Iteration)
    public void open() throws IOException {
      directory = Directories.create("append");
      log = AuditLog.open(directory, LogConfig.builder().durability(durability()).build());
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
      log.close();
      Directories.delete(directory);
    }
  }

  /** A log that acknowledges before it forces. */
  public static class AsyncLog extends Log {
    @Override
    Durability durability() {
      return Durability.ASYNC;
    }
  }

  /** A producer that has up to 1,024 appends under way. */
  @State(Scope.Thread)
  public static class Producer {
    static final int BATCH = 64;
    private static final int WINDOW = 1_024;

    private final Deque<CompletableFuture<Receipt>> underWay = new ArrayDeque<>(WINDOW);
    private long sent;

    void send(AuditLog log) throws InterruptedException, ExecutionException {
      if (underWay.size() == WINDOW) {
        underWay.remove().get();
      }
      underWay.add(log.append(List.of(Events.apiKeyUse(sent++)), null));
    }

    void sendBatch(AuditLog log, LongFunction<Event> event)
        throws InterruptedException, ExecutionException {
      if (underWay.size() == WINDOW / BATCH) {
        underWay.remove().get();
      }
      List<Event> events = new ArrayList<>(BATCH);
      for (int i = 0; i < BATCH; i++) {
        events.add(event.apply(sent++));
      }
      underWay.add(log.append(events, null));
    }

    @TearDown(Level.Iteration)
    public void drain() throws InterruptedException, ExecutionException {
      while (!underWay.isEmpty()) {
        underWay.remove().get();
      }
    }
  }

  /** A Chronicle queue that is written without anything around it. */
  @State(Scope.Thread)
  public static class Raw {
    private final byte[] entry = new byte[310];
    private Path directory = Path.of("");
    private ChronicleQueue queue;
    private ExcerptAppender appender;

    @Setup(Level.Iteration)
    public void open() throws IOException {
      directory = Directories.create("raw");
      queue =
          SingleChronicleQueueBuilder.binary(directory.toFile())
              .rollCycle(RollCycles.FAST_HOURLY)
              .blockSize(64L << 20)
              .build();
      appender = queue.createAppender();
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
      queue.close();
      Directories.delete(directory);
    }
  }

  @Benchmark
  @Threads(1)
  public void rawChronicle(Raw raw) {
    try (DocumentContext document = raw.appender.writingDocument()) {
      document.wire().bytes().write(raw.entry);
    }
  }

  @Benchmark
  @Threads(8)
  public void forced(Log log, Producer producer) throws Exception {
    producer.send(log.log);
  }

  @Benchmark
  @Threads(8)
  @OperationsPerInvocation(Producer.BATCH)
  public void forcedInBatches(Log log, Producer producer) throws Exception {
    producer.sendBatch(log.log, Events::apiKeyUse);
  }

  /** With three personal values an event. */
  @Benchmark
  @Threads(8)
  @OperationsPerInvocation(Producer.BATCH)
  public void forcedInBatchesPersonal(Log log, Producer producer) throws Exception {
    producer.sendBatch(log.log, Events::personal);
  }

  @Benchmark
  @Threads(8)
  public void async(AsyncLog log, Producer producer) throws Exception {
    producer.send(log.log);
  }
}
