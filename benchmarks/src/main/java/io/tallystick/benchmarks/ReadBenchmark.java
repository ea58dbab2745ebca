package io.tallystick.benchmarks;

import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.LogStatistics;
import io.tallystick.index.Page;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import io.tallystick.tlog.Sha256;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 * Reading a log: a page of a filter, statistics, one entry by id, a verified range of 10,000
 * entries, compared with only the SHA-256 of as many bytes as that range has.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ReadBenchmark {
  private static final int BATCH = 1_000;
  private static final int RANGE = 10_000;

  @Param("1000000")
  private int entries;

  private final SplittableRandom random = new SplittableRandom(1);
  private Path directory = Path.of("");
  private AuditLog log;
  private AuditIndex index;
  private MessageDigest sha256;
  private byte[] rangeBytes = new byte[0];

  @Setup(Level.Trial)
  public void fill() throws Exception {
    sha256 = Sha256.newDigest();
    directory = Directories.create("read");
    log = AuditLog.open(directory, LogConfig.defaults());
    for (int i = 0; i < entries; i += BATCH) {
      List<Event> batch = new ArrayList<>();
      for (int j = 0; j < BATCH; j++) {
        batch.add(j % 50 == 0 ? Event.of("auth.login.failed") : Events.apiKeyUse(i + j));
      }
      log.append(batch, null).get();
    }
    index = AuditIndex.open(log.reader(), directory.resolve("index"));
    index.awaitIndexed(log.lastId());
    int bytes = 0;
    for (StoredEntry entry : range()) {
      bytes += entry.bytes().length;
    }
    rangeBytes = new byte[bytes];
  }

  private List<StoredEntry> range() throws Exception {
    List<StoredEntry> range = new ArrayList<>();
    log.reader().forEach(entries / 2, entries / 2 + RANGE - 1, range::add);
    return range;
  }

  @TearDown(Level.Trial)
  public void delete() throws Exception {
    index.close();
    log.close();
    Directories.delete(directory);
  }

  @Benchmark
  public Page pageOfAFilter() throws Exception {
    return index.search(
        AuditQuery.builder()
            .text(EntryField.ACTOR_USERNAME, "service-" + random.nextInt(1_000))
            .build());
  }

  @Benchmark
  public Page pageOfATypeDeepInside() throws Exception {
    return index.search(
        AuditQuery.builder()
            .eventTypes(List.of("auth.login.failed"))
            .beforeId(1 + random.nextLong(entries))
            .build());
  }

  @Benchmark
  public LogStatistics statistics() throws Exception {
    return index.statistics(
        io.tallystick.index.scope.Scope.ALL, AuditQuery.Span.ALWAYS, Instant.now());
  }

  @Benchmark
  public Optional<StoredEntry> entryById() throws Exception {
    return log.reader().read(1 + random.nextLong(entries));
  }

  @Benchmark
  public VerifyReport verifyTenThousand() throws Exception {
    long start = 2 + random.nextLong(entries - RANGE);
    return new LogVerifier(log.reader())
        .verify(VerifyRequest.range(start, start + RANGE - 1), null);
  }

  @Benchmark
  public byte[] bareSha256OfAsManyBytes() {
    return sha256.digest(rangeBytes);
  }
}
