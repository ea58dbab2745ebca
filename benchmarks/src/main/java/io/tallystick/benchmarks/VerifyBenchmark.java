package io.tallystick.benchmarks;

import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Verifying 500 entries at a random place, up to the signature, in logs of very different sizes: in
 * full, and quickly.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class VerifyBenchmark {
  private static final int BATCH = 1_000;
  private static final int RANGE = 500;

  @Param({"1000", "1000000", "10000000"})
  private int entries;

  private final SplittableRandom random = new SplittableRandom(1);
  private Path directory = Path.of("");
  private LogReader log;

  /** Fills a log and closes it, which seals it. */
  @Setup(Level.Trial)
  public void fill() throws Exception {
    directory = Directories.create("verify");
    try (AuditLog writer = AuditLog.open(directory, LogConfig.defaults())) {
      for (int i = 0; i < entries; i += BATCH) {
        List<Event> events = new ArrayList<>(BATCH);
        for (int j = 0; j < BATCH; j++) {
          events.add(Events.apiKeyUse((long) i + j));
        }
        writer.append(events, null).get();
      }
    }
    log = LogReader.open(directory);
  }

  @TearDown(Level.Trial)
  public void delete() throws IOException {
    Directories.delete(directory);
  }

  private VerifyRequest somewhere() {
    long first = random.nextLong(1, entries - RANGE);
    return VerifyRequest.range(first, first + RANGE - 1);
  }

  private VerifyReport verify(VerifyRequest request) throws IOException, InterruptedException {
    VerifyReport report = new LogVerifier(log).verify(request, null);
    if (!report.faults().isEmpty()) {
      throw new IllegalStateException(report.faults().toString());
    }
    return report;
  }

  @Benchmark
  public VerifyReport range() throws IOException, InterruptedException {
    return verify(somewhere());
  }

  @Benchmark
  public VerifyReport quickRange() throws IOException, InterruptedException {
    return verify(somewhere().quickly());
  }
}
