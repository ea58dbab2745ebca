package io.tallystick.cli.input;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.entry.Event;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EventBatchesTest {
  private final EventBatches batches = new EventBatches();

  private void add(int number, int bytes) throws InterruptedException {
    byte[] text = "x".repeat(bytes).getBytes(UTF_8);
    batches.add(text, Event.builder("a.b").build(), new Place(0, "in", number, number, 1));
  }

  private EventBatches.Batch take() throws InterruptedException {
    EventBatches.Batch batch = batches.take();
    assertThat(batch).isNotNull();
    return java.util.Objects.requireNonNull(batch);
  }

  @Test
  void anEventWaitsForOthersOnlyForAMoment() throws Exception {
    add(1, 10);
    add(2, 10);
    long before = System.nanoTime();
    EventBatches.Batch batch = take();
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isLessThan(EventBatches.LINGER.multipliedBy(4));
    assertThat(batch.events()).hasSize(2);
    assertThat(batch.places().getFirst().number()).isEqualTo(1);
    assertThat(batch.last().number()).isEqualTo(2);
  }

  @Test
  void aFullBatchHoldsTheReaderUntilItIsTaken() throws Exception {
    for (int i = 1; i <= EventBatches.MAX_EVENTS; i++) {
      add(i, 1);
    }
    CompletableFuture<Void> next =
        CompletableFuture.runAsync(() -> {
          try {
            add(EventBatches.MAX_EVENTS + 1, 1);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    Thread.sleep(50);
    assertThat(next).isNotDone();
    assertThat(take().events()).hasSize(EventBatches.MAX_EVENTS);
    next.get(10, TimeUnit.SECONDS);
    batches.end(null);
    assertThat(take().events()).hasSize(1);
    assertThat(batches.take()).isNull();
  }

  @Test
  void whatWasReadBeforeAFailureIsHandedOver() throws Exception {
    add(1, 1);
    batches.end(new Failure(Failure.USAGE, "bad"));
    assertThat(take().events()).hasSize(1);
    assertThat(batches.take()).isNull();
    assertThat(batches.failure()).hasMessage("bad");
  }

  @Test
  void stoppingHandsOverWhatWasReadAndDropsWhatComesLater() throws Exception {
    batches.beforeInput();
    assertThat(batches.afterInput()).isTrue();
    batches.stop();
    add(1, 1);
    batches.beforeInput();
    assertThat(take().events()).hasSize(1);
    assertThat(batches.take()).isNull();
    assertThat(batches.afterInput()).isFalse();
    assertThat(batches.isStopped()).isTrue();
  }
}
