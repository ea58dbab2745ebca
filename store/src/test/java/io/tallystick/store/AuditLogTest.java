package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.store.log.Durability;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.segment.BlockFormat;
import io.tallystick.store.segment.SegmentCursor;
import io.tallystick.store.segment.SegmentFile;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

public class AuditLogTest {
  public static final LogConfig CONFIG = LogConfig.builder().origin("example.com/test").build();

  private static final List<PersonalField> ACTION = PersonalField.of(List.of("action"));

  @TempDir Path data;

  public static Event event(int i) {
    return Event.builder("auth.api_key.used").actorId((long) i).action("call " + i).build();
  }

  /** Every fourth one has a personal value. */
  public static List<Event> events(int count) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(i % 4 == 3 ? event(i).withPersonal(ACTION) : event(i));
    }
    return events;
  }

  @Test
  void aNewLogBeginsWithItsCreation() throws Exception {
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      assertThat(log.lastId()).isEqualTo(1);
      Entry first = log.reader().read(1).orElseThrow().decode();
      assertThat(first.event().eventType()).isEqualTo("audit.log.created");
      assertThat(first.previousHash()).isEqualTo(log.reader().identity().genesis());
    }
    assertThat(LogChecker.check(data).clean()).isTrue();
  }

  @Test
  void receiptsNameTheEntriesAsTheyAre() throws Exception {
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      Receipt receipt = log.append(events(100), "writer").get();
      assertThat(receipt.firstId()).isEqualTo(2);
      assertThat(receipt.lastId()).isEqualTo(101);
      Hash previous = log.reader().read(1).orElseThrow().hash();
      for (int i = 0; i < receipt.count(); i++) {
        StoredEntry stored = log.reader().read(receipt.id(i)).orElseThrow();
        Entry entry = stored.decode();
        assertThat(stored.hash()).isEqualTo(receipt.hash(i));
        assertThat(entry.id()).isEqualTo(receipt.id(i));
        assertThat(entry.timestamp()).isEqualTo(receipt.timestamp(i));
        assertThat(entry.previousHash()).isEqualTo(previous);
        assertThat(entry.source()).isEqualTo("writer");
        assertThat(stored.readable().event()).isEqualTo(events(100).get(i));
        previous = stored.hash();
      }
      assertThat(log.reader().read(102)).isEmpty();
      assertThat(log.reader().read(0)).isEmpty();
    }
  }

  @Test
  void manyWritersGetIdsWithoutGapAndTheHashesOfTheirEntries() throws Exception {
    int writers = 64;
    int batches = 50;
    Random sizes = new Random(1);
    try (AuditLog log = AuditLog.open(data, CONFIG);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Receipt>>> results = new ArrayList<>();
      for (int w = 0; w < writers; w++) {
        int size = 1 + sizes.nextInt(20);
        results.add(
            threads.submit(() -> {
              List<Receipt> receipts = new ArrayList<>();
              for (int b = 0; b < batches; b++) {
                receipts.add(log.append(events(size), "w").get());
              }
              return receipts;
            }));
      }
      Set<Long> ids = new HashSet<>();
      for (Future<List<Receipt>> result : results) {
        for (Receipt receipt : result.get()) {
          for (int i = 0; i < receipt.count(); i++) {
            assertThat(ids.add(receipt.id(i))).isTrue();
            assertThat(log.reader().read(receipt.id(i)).orElseThrow().hash())
                .isEqualTo(receipt.hash(i));
          }
        }
      }
      assertThat(ids).hasSize((int) log.lastId() - 1);
      assertThat(new LogVerifier(log.reader()).verify(VerifyRequest.all().strictly(), null).valid())
          .isTrue();
    }
    assertThat(LogChecker.check(data).clean()).isTrue();
  }

  @Test
  void aLogGoesOnAfterEveryRestart() throws Exception {
    for (int i = 0; i < 10; i++) {
      try (AuditLog log =
          AuditLog.open(
              data, CONFIG.toBuilder().origin(i == 0 ? "example.com/test" : null).build())) {
        assertThat(log.lastId()).isEqualTo(1 + 7L * i);
        log.append(events(7), null).get();
      }
    }
    LogChecker.Findings found = LogChecker.check(data);
    assertThat(found.findings()).isEmpty();
    assertThat(found.ids()).hasSize(71);
  }

  @Test
  void anotherOriginIsRefused() throws Exception {
    AuditLog.open(data, CONFIG).close();
    assertThatThrownBy(
            () -> AuditLog.open(data, CONFIG.toBuilder().origin("example.com/other").build()))
        .isInstanceOf(LogException.NotALog.class)
        .hasMessageContaining("example.com/test")
        .hasMessageContaining("example.com/other");
  }

  @Test
  void thereIsOneWriterAndAnyNumberOfReaders() throws Exception {
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      assertThatThrownBy(() -> AuditLog.open(data, CONFIG)).isInstanceOf(LogException.Locked.class);
      LogReader reader = LogReader.open(data);
      assertThat(reader.lastId()).isEqualTo(1);
      log.append(events(1000), null).get();
      assertThat(reader.lastId()).isEqualTo(1001);
      assertThat(reader.read(1001)).isPresent();
      assertThat(new LogVerifier(reader).verify(VerifyRequest.all(), null).entriesChecked())
          .isEqualTo(1001);
    }
    AuditLog.open(data, CONFIG).close();
  }

  @Test
  void aDirectoryWithoutALogIsNotRead() {
    assertThatThrownBy(() -> LogReader.open(data)).isInstanceOf(LogException.NotALog.class);
  }

  @Test
  void timeGoesForwardWhateverTheWallClockDoes() throws Exception {
    SteppingClock clock = new SteppingClock(Instant.parse("2026-05-01T12:00:00Z"));
    Duration[] steps = {
      Duration.ofHours(1),
      Duration.ofHours(-1),
      Duration.ofDays(2),
      Duration.ofDays(-2),
      Duration.ZERO,
      Duration.ofMinutes(-1)
    };
    for (int restart = 0; restart < 3; restart++) {
      try (AuditLog log = AuditLog.open(data, CONFIG.toBuilder().clock(clock).build())) {
        for (Duration step : steps) {
          clock.now = clock.now.plus(step);
          log.append(events(5), null).get();
        }
      }
    }
    LogChecker.Findings found = LogChecker.check(data);
    assertThat(found.findings()).isEmpty();
    assertThat(found.ids()).hasSize(1 + 3 * 6 * 5);
  }

  @Test
  void idsAreFoundAcrossSegments() throws Exception {
    SteppingClock clock = new SteppingClock(Instant.parse("2026-05-01T00:30:00Z"));
    try (AuditLog log = AuditLog.open(data, CONFIG.toBuilder().clock(clock).build())) {
      for (int hour = 0; hour < 5; hour++) {
        for (int block = 0; block < 300; block++) {
          log.append(events(3), null).get();
        }
        clock.now = clock.now.plus(Duration.ofHours(hour == 2 ? 30 : 1));
      }
      LogReader reader = log.reader();
      assertThat(segments()).hasSize(5);
      assertThat(log.lastId()).isEqualTo(4501);
      for (long id = 1; id <= 4501; id++) {
        assertThat(reader.read(id).orElseThrow().decode().id()).isEqualTo(id);
      }
      List<Long> seen = new ArrayList<>();
      reader.forEach(800, 2800, e -> seen.add(e.id()));
      assertThat(seen).hasSize(2001).first().isEqualTo(800L);
    }
    assertThat(LogChecker.check(data).findings()).isEmpty();
  }

  @Test
  void aBatchIsInOneBlockHoweverLargeItIs() throws Exception {
    String filler = "x".repeat(250);
    List<Event> batch = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      batch.add(Event.builder("job.submitted").action(filler).targetId(filler).build());
    }
    try (AuditLog log = AuditLog.open(data, CONFIG)) {
      Receipt receipt = log.append(batch, null).get();
      assertThat(receipt.count()).isEqualTo(10_000);
      assertThatThrownBy(() -> log.append(events(65_536), null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("65536");
      assertThatThrownBy(() -> log.append(List.of(), null))
          .isInstanceOf(IllegalArgumentException.class);
    }
    List<Path> segments = segments();
    try (SegmentFile file = SegmentFile.open(segments.getLast())) {
      SegmentCursor cursor = new SegmentCursor(file, 0);
      int largest = 0;
      while (cursor.next()) {
        largest = Math.max(largest, cursor.count());
      }
      assertThat(largest).isEqualTo(10_000);
    }
    assertThat(LogChecker.check(data).findings()).isEmpty();
  }

  @Test
  void tooMuchPendingIsRefusedAtOnceAndWhatWasAcceptedIsThere() throws Exception {
    try (AuditLog log =
        AuditLog.open(
            data, CONFIG.toBuilder().maxPendingBytes(BlockFormat.MAX_BLOCK_BYTES).build())) {
      // Made before, and without salts: whoever appends has to be faster than the log.
      List<Event> batch = IntStream.range(0, 2_000).mapToObj(AuditLogTest::event).toList();
      List<CompletableFuture<Receipt>> all = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        all.add(log.append(batch, null));
      }
      long accepted = 0;
      long refused = 0;
      for (CompletableFuture<Receipt> one : all) {
        try {
          accepted += one.get().count();
        } catch (ExecutionException e) {
          assertThat(e.getCause()).isInstanceOf(LogException.Overloaded.class);
          refused++;
        }
      }
      assertThat(refused).isPositive();
      assertThat(log.lastId()).isEqualTo(1 + accepted);
      assertThat(log.append(events(1), null).get().firstId()).isEqualTo(accepted + 2);
    }
    assertThat(LogChecker.check(data).findings()).isEmpty();
  }

  @Test
  void closeAnswersWhatWaitsAndRefusesWhatComesAfter() throws Exception {
    AuditLog log = AuditLog.open(data, CONFIG);
    List<CompletableFuture<Receipt>> waiting = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      waiting.add(log.append(events(3), null));
    }
    log.close();
    for (CompletableFuture<Receipt> one : waiting) {
      assertThat(one.get().count()).isEqualTo(3);
    }
    assertThat(log.append(event(1)))
        .isCompletedExceptionally()
        .failsWithin(Duration.ofSeconds(1))
        .withThrowableThat()
        .withMessageContaining("closed");
    assertThat(log.reader().read(1501)).isPresent();
    log.close();
  }

  @Test
  void asyncAcknowledgesTooAndLosesNothingAtClose() throws Exception {
    try (AuditLog log =
        AuditLog.open(data, CONFIG.toBuilder().durability(Durability.ASYNC).build())) {
      for (int i = 0; i < 2000; i++) {
        Receipt receipt = log.append(event(i)).get();
        assertThat(log.reader().read(receipt.firstId())).isPresent();
      }
    }
    assertThat(LogChecker.check(data).ids()).hasSize(2001);
  }

  private List<Path> segments() throws IOException {
    try (var files = Files.list(data.resolve("segments"))) {
      return files.filter(f -> f.toString().endsWith(".cq4")).sorted().toList();
    }
  }

  /** A wall clock that a test sets. */
  public static final class SteppingClock extends Clock {
    public volatile Instant now;

    public SteppingClock(Instant now) {
      this.now = now;
    }

    @Override
    public ZoneId getZone() {
      return java.time.ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }
}
