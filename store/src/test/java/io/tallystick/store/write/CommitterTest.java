package io.tallystick.store.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.entry.EntryCodec;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.Durability;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.LogIdentity;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.seal.Sealer;
import io.tallystick.store.seal.SigningKeyRing;
import io.tallystick.store.seal.StopLatch;
import io.tallystick.store.seal.TreeRecovery;
import io.tallystick.store.segment.BlockBuilder;
import io.tallystick.store.segment.BlockReader;
import io.tallystick.store.segment.ChronicleWriter;
import io.tallystick.store.segment.Segments;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The sequencer with a committer that starts late, or whose force fails. */
class CommitterTest {
  private static final int PATIENCE_SECONDS = 30;

  /** The sealer makes the committer wait once it is 32 MiB of hashes behind. */
  private static final int MORE_HASHES_THAN_MAY_WAIT = (32 << 20) + Hash.BYTES;

  @TempDir Path data;
  private final AuditLogTest.SteppingClock clock =
      new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:59:00Z"));
  private DataDirectory directory;
  private LogIdentity identity;
  private AppendQueue queue;
  private final StopLatch latch = new StopLatch();
  private HighWatermark watermark;
  private ChronicleWriter writer;
  private Sealer sealer;

  @BeforeEach
  void open() throws Exception {
    LogConfig config = AuditLogTest.CONFIG.toBuilder().clock(clock).build();
    directory = new DataDirectory(data);
    directory.create();
    identity = new LogIdentity(LogIdentity.VERSION, "example.com/test", "", List.of());
    identity.write(directory.identity());
    SigningKeyRing keys = SigningKeyRing.open(directory, identity, config);
    identity = keys.identity();
    TreeRecovery tree = TreeRecovery.of(directory, config, keys);
    Segments segments = new Segments(directory.segments());
    queue = new AppendQueue(config.maxPendingBytes(), latch);
    watermark = new HighWatermark(0);
    Horizon start = Horizon.start(identity.genesis());
    sealer = tree.sealer(new BlockReader(segments), start, 0, latch);
    writer = ChronicleWriter.open(directory.segments(), 0);
  }

  private Thread startSequencer(Committer committer) throws IOException {
    Sequencer sequencer =
        new Sequencer(
            queue,
            latch,
            committer,
            writer,
            new BlockBuilder(0, identity.genesis(), 0, Sha256.newDigest()),
            new EntryClock(clock, 0),
            new FreeSpace(directory.segments(), 0));
    return Thread.ofPlatform().daemon().start(sequencer);
  }

  /** A batch that is a block of its own, whether or not the committer is busy. */
  private CompletableFuture<Receipt> append() throws IOException {
    List<EncodedEvent> events = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      events.add(EntryCodec.encodeEvent(AuditLogTest.event(i), null));
    }
    AppendRequest request = new AppendRequest(events);
    queue.put(request);
    return request.receipt();
  }

  private int blocks() throws Exception {
    int blocks = 0;
    for (Path segment : LogFiles.segments(data)) {
      blocks += LogFiles.blocks(segment).size();
    }
    return blocks;
  }

  private void awaitBlocks(int count) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (blocks() < count) {
      assertThat(System.nanoTime()).as("blocks are written").isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  private static void join(Thread thread) throws InterruptedException {
    assertThat(thread.join(Duration.ofSeconds(PATIENCE_SECONDS))).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aSegmentIsBegunWhenAllOfTheOneBeforeItIsForced(Durability durability) throws Exception {
    Committer committer = new Committer(queue, latch, watermark, durability, sealer);
    Thread sequencer = startSequencer(committer);
    CompletableFuture<Receipt> first = append();
    CompletableFuture<Receipt> second = append();
    awaitBlocks(2);
    clock.now = clock.now.plusSeconds(3_600);
    CompletableFuture<Receipt> last = append();
    Thread.sleep(300);
    assertThat(LogFiles.segments(data)).as("before the force").hasSize(1);
    // The close waits for it too.
    latch.stop(new LogException.Stopped("the log is closed"));
    Thread thread = Thread.ofPlatform().daemon().start(committer);
    assertThat(last.get(PATIENCE_SECONDS, TimeUnit.SECONDS).lastId()).isEqualTo(4_500);
    join(sequencer);
    join(thread);
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(watermark.lastId()).isEqualTo(4_500);
    assertThat(LogFiles.segments(data)).as("after the force").hasSize(2);
    assertThat(blocks()).isEqualTo(3);
  }

  @Test
  void afterAForceThatFailedNoSegmentIsBegun() throws Exception {
    Committer committer = new Committer(queue, latch, watermark, Durability.FORCED, sealer);
    Thread sequencer = startSequencer(committer);
    CompletableFuture<Receipt> first = append();
    awaitBlocks(1);
    Path segment = LogFiles.segments(data).getFirst();
    ChronicleWriter.WritableSegment broken =
        new ChronicleWriter.WritableSegment(directory.segments(), segment);
    broken.channel().close();
    committer.submit(
        new Committer.Commit(
            new ChronicleWriter.Written(broken, 0, 0),
            new BlockBuilder.Payload(0, 0),
            1_500,
            new byte[0],
            List.of()));
    clock.now = clock.now.plusSeconds(3_600);
    CompletableFuture<Receipt> next = append();
    Thread.sleep(100);
    Thread thread = Thread.ofPlatform().daemon().start(committer);
    for (CompletableFuture<Receipt> refused : List.of(first, next)) {
      assertThatThrownBy(() -> refused.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .hasCauseInstanceOf(LogException.Stopped.class)
          .hasMessageContaining("could not be made durable");
    }
    join(sequencer);
    join(thread);
    assertThat(LogFiles.segments(data)).hasSize(1);
    assertThat(watermark.lastId()).isZero();
  }

  @Test
  void anEntryIsAcknowledgedBeforeTheSealerHasIt() throws Exception {
    // The sealer is as far behind as allowed, so the committer waits before it hands over.
    sealer.extend(new byte[MORE_HASHES_THAN_MAY_WAIT]);
    Committer committer = new Committer(queue, latch, watermark, Durability.FORCED, sealer);
    Thread sequencer = startSequencer(committer);
    Thread thread = Thread.ofPlatform().daemon().start(committer);
    CompletableFuture<Receipt> receipt = append();
    assertThat(watermark.awaitBeyond(0, Duration.ofSeconds(PATIENCE_SECONDS)))
        .as("the watermark is raised although the sealer has no hash of the entry yet")
        .isTrue();

    Thread sealing = Thread.ofPlatform().daemon().start(sealer);
    assertThat(receipt.get(PATIENCE_SECONDS, TimeUnit.SECONDS).lastId()).isEqualTo(1_500);
    latch.stop(new LogException.Stopped("the log is closed"));
    join(sequencer);
    join(thread);
    sealer.close();
    join(sealing);
  }
}
