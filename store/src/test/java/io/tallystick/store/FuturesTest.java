package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.store.log.LogException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class FuturesTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(20);

  @Test
  void returnsWhatComesWhileItWaits() throws Exception {
    CompletableFuture<String> future = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> future.completeOnTimeout("done", SHORT.toMillis(), TimeUnit.MILLISECONDS));
    assertThat(Futures.from(future, LONG)).isEqualTo("done");
    assertThat(Futures.from(future, LONG)).as("once more").isEqualTo("done");
  }

  @Test
  void givesUpWhenTheTimeIsOverAndLeavesTheFutureAlone() throws Exception {
    CompletableFuture<String> future = new CompletableFuture<>();
    assertThatThrownBy(() -> Futures.from(future, SHORT)).isInstanceOf(TimeoutException.class);
    assertThat(future).isNotDone();
    future.complete("late");
    assertThat(Futures.from(future, SHORT)).isEqualTo("late");
  }

  @Test
  void throwsTheErrorItselfAlsoFromADependentFuture() {
    CompletableFuture<String> future = new CompletableFuture<>();
    CompletableFuture<String> dependent = future.thenApply(text -> text);
    LogException.Stopped reason = new LogException.Stopped("the log is closed");
    future.completeOnTimeout("", 1, TimeUnit.HOURS);
    Thread.ofVirtual().start(() -> future.completeExceptionally(reason));
    assertThatThrownBy(() -> Futures.from(dependent, LONG)).isSameAs(reason);
    assertThatThrownBy(() -> Futures.from(future, LONG)).isSameAs(reason);
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    CompletableFuture<String> future = new CompletableFuture<>();
    CompletableFuture<Throwable> seen = new CompletableFuture<>();
    Thread waiter =
        Thread.ofVirtual()
            .start(() -> {
              try {
                seen.completeExceptionally(new AssertionError(Futures.from(future, LONG)));
              } catch (Exception e) {
                seen.complete(e);
              }
            });
    waiter.interrupt();
    assertThat(seen.get()).isInstanceOf(InterruptedException.class);
  }
}
