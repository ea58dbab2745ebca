package io.tallystick.service.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tallystick.store.log.SafePoint;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LongTasksTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Path THREAD = Path.of("/proc/thread-self/stat");

  private final LongTasks tasks = new LongTasks(1);
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void close() {
    go.countDown();
    tasks.close();
  }

  /** Has the only turn until it may go. */
  private LongTask<String> occupy(String key) throws InterruptedException {
    LongTask<String> task =
        tasks.begin(
            key,
            self -> {
              begun.countDown();
              go.await();
              return "done";
            });
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    return task;
  }

  private LongTask<Boolean> note(String key, String name) {
    return tasks.begin(key, self -> order.add(name));
  }

  @Test
  void givesWayToEveryThreadThatMustNotWait() throws Exception {
    assumeThat(THREAD).as("the system tells how readily a thread gives way").isReadable();

    LongTask<Integer> task = tasks.begin("a", self -> nice());

    assertThat(task.await(PATIENCE)).isEqualTo(nice() + 10);
  }

  /**
   * How readily the calling thread gives way: the 19th field, of which the second may have spaces.
   */
  private static int nice() throws IOException {
    String fields = Files.readString(THREAD);
    return Integer.parseInt(fields.substring(fields.lastIndexOf(')') + 2).split(" ", -1)[19 - 3]);
  }

  @Test
  void onlySoManyComputeAtATimeAndOnPlatformThreads() throws Exception {
    AtomicInteger computing = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (LongTasks two = new LongTasks(2)) {
      List<LongTask<Boolean>> all = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        all.add(
            two.begin(
                "key-" + i % 3,
                self -> {
                  for (int step = 0; step < 20; step++) {
                    most.accumulateAndGet(computing.incrementAndGet(), Math::max);
                    Thread.sleep(2);
                    computing.decrementAndGet();
                    SafePoint.reach();
                  }
                  return Thread.currentThread().isVirtual();
                }));
      }
      for (LongTask<Boolean> each : all) {
        assertThat(each.await(PATIENCE)).isFalse();
      }
    }
    assertThat(most).hasValue(2);
  }

  @Test
  void keysThatWaitTakeTurns() {
    Turns turns = new Turns(1);
    turns.ask("a").join();
    Map<String, CompletableFuture<Void>> waiting = new LinkedHashMap<>();
    for (String name : List.of("a1", "a2", "a3", "b1", "b2", "c1")) {
      waiting.put(name, turns.ask(name.substring(0, 1)));
    }
    while (!waiting.isEmpty()) {
      turns.giveBack();
      waiting.entrySet().removeIf(each -> each.getValue().isDone() && order.add(each.getKey()));
    }
    assertThat(order).containsExactly("a1", "b1", "c1", "a2", "b2", "a3");
  }

  @Test
  void aTaskLetsOthersComputeAtItsSafePoints() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    LongTask<String> endless =
        tasks.begin(
            "a",
            self -> {
              while (!enough.get()) {
                SafePoint.reach();
              }
              return "done";
            });
    assertThat(note("b", "b").await(PATIENCE)).isTrue();
    assertThat(note("a", "a").await(PATIENCE)).isTrue();
    enough.set(true);
    assertThat(endless.await(PATIENCE)).isEqualTo("done");
  }

  @Test
  void aTaskThatWritesOrWaitsHasNoTurn() throws Exception {
    CountDownLatch taken = new CountDownLatch(1);
    OutputStream slow =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            try {
              begun.countDown();
              taken.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
        };
    LongTask<String> writes =
        tasks.begin(
            "a",
            self -> {
              try (OutputStream out = self.collected(slow)) {
                out.write('x');
              }
              return "written";
            });
    LongTask<String> waits =
        tasks.begin(
            "a",
            self -> {
              SafePoint.awaiting(() -> {
                taken.await();
                return "awaited";
              });
              return "over";
            });
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(note("b", "b").await(PATIENCE)).isTrue();
    taken.countDown();
    assertThat(writes.await(PATIENCE)).isEqualTo("written");
    assertThat(waits.await(PATIENCE)).isEqualTo("over");
  }

  @Test
  void aTaskEndsAtItsSafePointAndWhileItWaitsForItsTurn() throws Exception {
    LongTask<String> endless =
        tasks.begin(
            "a",
            self -> {
              while (true) {
                SafePoint.reach();
                Thread.sleep(1);
              }
            });
    assertThatThrownBy(() -> endless.await(Duration.ofMillis(100)))
        .isInstanceOf(TimeoutException.class);
    endless.end();
    assertThatThrownBy(() -> endless.await(PATIENCE)).isInstanceOf(ExecutionException.class);
    LongTask<String> first = occupy("a");
    LongTask<Boolean> waiting = note("b", "never");
    Thread.sleep(50);
    waiting.end();
    assertThat(waiting.isOverWithin(PATIENCE)).isTrue();
    go.countDown();
    assertThat(first.await(PATIENCE)).isEqualTo("done");
    assertThat(note("b", "b").await(PATIENCE)).isTrue();
    assertThat(order).containsExactly("b");
  }

  @Test
  void aKeyHasItsShareAndNoMore() throws Exception {
    occupy("a");
    List<LongTask<Boolean>> waiting = new ArrayList<>();
    while (waiting.size() < LongTasks.MAX_PER_KEY - 1) {
      waiting.add(note("a", "a"));
    }
    assertThatThrownBy(() -> note("a", "one too many"))
        .isInstanceOf(TooManyTasksException.class)
        .hasMessageContaining("this key has 16 long requests under way");
    LongTask<Boolean> other = note("b", "b");
    waiting.getFirst().end();
    assertThat(waiting.getFirst().isOverWithin(PATIENCE)).isTrue();
    LongTask<Boolean> again = note("a", "again");
    go.countDown();
    assertThat(other.await(PATIENCE)).isTrue();
    assertThat(again.await(PATIENCE)).isTrue();
  }

  @Test
  void allKeysTogetherHaveALimit() throws Exception {
    occupy("0");
    for (int i = 1; i < LongTasks.MAX; i++) {
      note("key-" + i / LongTasks.MAX_PER_KEY, "x");
    }
    assertThatThrownBy(() -> note("another", "x")).isInstanceOf(TooManyTasksException.class);
  }

  @Test
  void assistantsWorkWhereACoreIsFreeAndNowhereElse() throws Exception {
    CountDownLatch assisted = new CountDownLatch(1);
    assertThat(tasks.assist(assisted::countDown)).isTrue();
    assertThat(assisted.await(30, TimeUnit.SECONDS)).isTrue();
    LongTask<String> first = occupy("a");
    assertThat(tasks.assist(assisted::countDown)).isFalse();
    go.countDown();
    assertThat(first.await(PATIENCE)).isEqualTo("done");
  }

  @Test
  void whatATaskThrowsReachesWhoeverWaits() {
    LongTask<String> fails =
        tasks.begin(
            "a",
            self -> {
              throw new IOException("a damaged block");
            });
    assertThatThrownBy(() -> fails.await(PATIENCE)).hasRootCauseMessage("a damaged block");
  }
}
