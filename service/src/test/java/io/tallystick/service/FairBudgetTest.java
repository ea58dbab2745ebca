package io.tallystick.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FairBudgetTest {
  private static long takeAll(FairBudget budget, String holder) {
    while (budget.tryAcquire(holder, 1)) {
      // As much as there is.
    }
    return budget.held(holder);
  }

  @Test
  void oneAloneHasHalf() {
    FairBudget budget = new FairBudget(1_000);
    assertThat(budget.tryAcquire("a", 501)).isFalse();
    assertThat(budget.tryAcquire("a", 500)).isTrue();
    assertThat(budget.tryAcquire("a", 1)).isFalse();
    budget.release("a", 1);
    assertThat(budget.tryAcquire("a", 2)).isFalse();
    assertThat(budget.tryAcquire("a", 1)).isTrue();
  }

  @Test
  void whoeverComesLaterHasHalfOfWhatIsLeft() {
    FairBudget budget = new FairBudget(1_000);
    assertThat(takeAll(budget, "a")).isEqualTo(500);
    assertThat(takeAll(budget, "b")).isEqualTo(250);
    assertThat(takeAll(budget, "c")).isEqualTo(125);
    budget.release("a", 500);
    assertThat(takeAll(budget, "a")).as("no more than is left").isEqualTo(312);
  }

  @Test
  void thoseWhoTakeInTurnHaveEquallyMuchAndLeaveAsMuch() {
    for (int holders = 1; holders <= 20; holders++) {
      FairBudget budget = new FairBudget(10_500);
      for (int i = 0; i < 20_000; i++) {
        budget.tryAcquire("key-" + i % holders, 1);
      }
      for (int i = 0; i < holders; i++) {
        assertThat(budget.held("key-" + i))
            .isBetween(10_500L / (holders + 1) - 1, 10_500L / (holders + 1) + 1);
      }
      assertThat(budget.tryAcquire("another", 10_500L / (holders + 1) / 2 - 1)).isTrue();
    }
  }

  @Test
  void whatIsGivenBackIsThereAgain() {
    FairBudget budget = new FairBudget(100);
    Map<String, Long> held = new HashMap<>();
    Random random = new Random(5);
    for (int i = 0; i < 100_000; i++) {
      String holder = "key-" + random.nextInt(5);
      long amount = 1L + random.nextInt(10);
      long has = held.getOrDefault(holder, 0L);
      if (random.nextBoolean() && has >= amount) {
        budget.release(holder, amount);
        held.put(holder, has - amount);
      } else {
        long free = 100 - held.values().stream().mapToLong(Long::longValue).sum();
        boolean fits = has + amount <= free - amount;
        assertThat(budget.tryAcquire(holder, amount)).isEqualTo(fits);
        held.put(holder, fits ? has + amount : has);
      }
      assertThat(budget.held(holder)).isEqualTo(held.get(holder));
    }
  }
}
