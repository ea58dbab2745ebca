package io.tallystick.store.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.store.log.LogException;
import io.tallystick.store.seal.StopLatch;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class AppendQueueTest {
  private static final int ENOUGH_BYTES = 64 << 10;

  private final StopLatch latch = new StopLatch();
  private final AppendQueue queue = new AppendQueue(1 << 20, latch);

  private void put(int bytes) throws LogException {
    queue.put(new AppendRequest(List.of(new EncodedEvent(new byte[bytes], List.of()))));
  }

  /** The result of a taker that already sleeps when this returns. */
  private CompletableFuture<@Nullable List<AppendRequest>> take(boolean gather)
      throws InterruptedException {
    CompletableFuture<@Nullable List<AppendRequest>> taken = new CompletableFuture<>();
    Thread taker = Thread.ofPlatform().daemon().start(() -> taken.complete(queue.take(gather)));
    while (taker.getState() != Thread.State.WAITING) {
      Thread.sleep(1);
    }
    return taken;
  }

  @Test
  void oneRequestWakesATakerThatIsIdle() throws Exception {
    CompletableFuture<@Nullable List<AppendRequest>> taken = take(false);
    put(1);
    assertThat(taken.get()).hasSize(1);
  }

  @Test
  void aTakerThatGathersSleepsOnUntilItIsNudged() throws Exception {
    CompletableFuture<@Nullable List<AppendRequest>> taken = take(true);
    put(1);
    put(1);
    Thread.sleep(50);
    assertThat(taken).as("before the nudge").isNotDone();
    queue.nudge();
    assertThat(taken.get()).hasSize(2);
  }

  @Test
  void aTakerThatGathersIsWokenWhenEnoughHasCome() throws Exception {
    CompletableFuture<@Nullable List<AppendRequest>> taken = take(true);
    put(1);
    put(ENOUGH_BYTES);
    assertThat(taken.get()).hasSize(2);
  }

  @Test
  void whatWaitsAlreadyCountsAndWhatWasTakenDoesNot() throws Exception {
    put(ENOUGH_BYTES);
    put(ENOUGH_BYTES);
    List<AppendRequest> first = queue.take(true);
    assertThat(first).hasSize(2);
    CompletableFuture<@Nullable List<AppendRequest>> taken = take(true);
    put(1);
    Thread.sleep(50);
    assertThat(taken).as("little waits beside what was taken").isNotDone();
    queue.settled(List.copyOf(first));
    put(ENOUGH_BYTES);
    assertThat(taken.get()).hasSize(2);
  }

  @Test
  void theCloseWakesATakerThatGathers() throws Exception {
    CompletableFuture<@Nullable List<AppendRequest>> taken = take(true);
    put(1);
    latch.stop(new LogException.Stopped("the log is closed"));
    assertThat(taken.get()).hasSize(1);
    assertThat(queue.take(true)).isNull();
  }
}
