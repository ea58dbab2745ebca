package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.service.Actor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forwarding to a receiver that dies, is busy, or does not like an entry. */
class WebhookForwardingTest {
  @TempDir Path directory;

  @Test
  void nothingIsLostWhileTheReceiverIsKilledBusyAndRestarted() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      AtomicInteger requests = new AtomicInteger();
      receiver.answer(batch -> {
        int n = requests.incrementAndGet();
        return n == 5 ? 429 : n == 12 ? 503 : n == 20 ? 500 : 200;
      });
      log.append("order.placed", 5_000);
      log.start("sinks:\n" + receiver.yaml(directory, Map.of()));
      ForwardingLog.await(() -> receiver.records().size() > 1_000);
      receiver.kill();
      log.append("order.placed", 1_000);
      ForwardingLog.await(() -> log.forwarding().status("hook").condition().equals("retrying"));
      assertThat(log.forwarding().warning()).contains("forwarding needs attention: 1 of 1 sinks");
      receiver.restart();
      SinkStatus status = log.awaitDone("hook");
      assertThat(status.errors()).isGreaterThanOrEqualTo(3);
      assertThat(status.level()).isEqualTo("accepted");
      ReconciliationReport report =
          log.forwarding().reconcile("hook", receiver.inventory(), false, Actor.SERVER);
      assertThat(report.missing() + report.altered() + report.unknown()).isZero();
      assertThat(report.expected()).isGreaterThan(6_000);
      Set<Long> seqs = new HashSet<>();
      receiver.records().stream()
          .filter(record -> record.has("seq"))
          .forEach(record -> seqs.add(record.get("seq").asLong()));
      assertThat(seqs).hasSize((int) report.expected()).contains(1L, report.throughSeq());
    }
  }

  @Test
  void aBatchThatIsSentAgainHasTheSameId() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      AtomicInteger requests = new AtomicInteger();
      receiver.answer(batch -> requests.incrementAndGet() == 1 ? 503 : 200);
      log.append("order.placed", 5);
      log.start(
          "sinks:\n" + receiver.yaml(directory, Map.of("filter", "{event_type: order.placed}")));
      log.awaitDone("hook");
      assertThat(receiver.ids()).hasSizeGreaterThanOrEqualTo(2);
      assertThat(receiver.ids().get(0)).startsWith("msg_").isEqualTo(receiver.ids().get(1));
    }
  }

  @Test
  void anEntryThatTheReceiverRefusesTravelsInAnEnvelopeOrIsADeadLetterAndNeverStopsABatch()
      throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      receiver.answer(WebhookForwardingTest::dislikes);
      log.append("order.placed", 200);
      log.start("sinks:\n" + receiver.yaml(directory, Map.of()));
      log.awaitDone("hook");
      Forwarding forwarding = log.forwarding();
      JsonNode envelope =
          receiver.records().stream().filter(record -> record.has("raw")).findFirst().orElseThrow();
      assertThat(envelope.get("raw").asText()).contains("\"action\":\"step 33\"");
      List<DeadLetter> dead = forwarding.deadLetters("hook", 0, 10);
      assertThat(dead)
          .singleElement()
          .satisfies(letter -> {
            assertThat(letter.reason())
                .startsWith("the receiver answered 400: \"no\\u000athanks thanks ")
                .endsWith("…\"")
                .hasSizeBetween(480, 560);
            assertThat(letter.eventType()).isEqualTo("order.placed");
          });
      assertThat(forwarding.status("hook").deadLetters()).isEqualTo(1);
      ReconciliationReport report =
          forwarding.reconcile("hook", receiver.inventory(), false, Actor.SERVER);
      assertThat(report.missingRecords())
          .extracting(ReconciliationReport.Named::id)
          .containsExactly(dead.getFirst().id());
      assertThat(report.altered() + report.unknown()).isZero();

      assertThat(forwarding.drain("hook", Actor.SERVER)).isZero();
      receiver.answer(batch -> 200);
      assertThat(forwarding.drain("hook", Actor.SERVER)).isEqualTo(1);
      assertThat(forwarding.deadLetters("hook", 0, 10)).isEmpty();
      assertThat(forwarding.reconcile("hook", receiver.inventory(), false, Actor.SERVER).missing())
          .isZero();
    }
  }

  @Test
  void aDeadLetterThatIsSentAgainIsNoneAnyMore() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      receiver.answer(WebhookForwardingTest::dislikes);
      log.append("order.placed", 100);
      log.start("sinks:\n" + receiver.yaml(directory, Map.of()));
      log.awaitDone("hook");
      Forwarding forwarding = log.forwarding();
      assertThat(forwarding.status("hook").deadLetters()).isEqualTo(1);
      ReconciliationReport refused =
          forwarding.reconcile("hook", receiver.inventory(), true, Actor.SERVER);
      assertThat(refused.resent()).isZero();
      assertThat(forwarding.status("hook").deadLetters()).isEqualTo(1);
      receiver.answer(batch -> 200);
      assertThat(forwarding.reconcile("hook", receiver.inventory(), true, Actor.SERVER).resent())
          .isEqualTo(1);
      assertThat(forwarding.deadLetters("hook", 0, 10)).isEmpty();
      assertThat(forwarding.drain("hook", Actor.SERVER)).isZero();
    }
  }

  @Test
  void aStopInTheMiddleOfADeliverySendsNothingTwice() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      CountDownLatch arrived = new CountDownLatch(1);
      receiver.answer(batch -> {
        arrived.countDown();
        LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
        return 200;
      });
      log.append("order.placed", 50);
      String yaml =
          "sinks:\n"
              + receiver.yaml(
                  directory,
                  Map.of("filter", "{event_type: order.placed}", "marker_seconds", 86_400));
      log.start(yaml);
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
      log.stop();
      receiver.answer(batch -> 200);
      log.append("order.placed", 5);
      log.start(yaml);
      ForwardingLog.await(() -> log.forwarding().status("hook").seq() == 55);
      ReconciliationReport report =
          log.forwarding().reconcile("hook", receiver.inventory(), false, Actor.SERVER);
      assertThat(report.duplicated()).isZero();
      assertThat(report.held()).isEqualTo(55);
    }
  }

  /** Refuses step 33 unless it is in an envelope, and step 66 always. */
  private static int dislikes(JsonNode batch) {
    for (JsonNode record : batch.get("data")) {
      boolean envelope = record.has("raw");
      String text = record.toString();
      if (text.contains("step 66") || (text.contains("step 33") && !envelope)) {
        return 400;
      }
    }
    return 200;
  }

  @Test
  void aRedirectIsNotFollowed() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      receiver.answer(batch -> 302);
      log.append("order.placed", 5);
      log.start("sinks:\n" + receiver.yaml(directory, Map.of()));
      ForwardingLog.await(() -> log.forwarding().status("hook").errors() >= 1);
      assertThat(log.forwarding().status("hook").reason())
          .isEqualTo("the receiver answered 302, a redirect");
      assertThat(receiver.records()).isEmpty();
    }
  }

  @Test
  void aSecretThatOthersMayReadIsRefusedAndNeverShown() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      String yaml = "sinks:\n" + receiver.yaml(directory, Map.of());
      Path secret = directory.resolve("webhook.secret");
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
      assertThatThrownBy(() -> log.start(yaml))
          .isInstanceOf(SettingException.class)
          .hasMessageContaining("secrets names a file that is not private");
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
      Files.writeString(secret, "hunter2");
      assertThatThrownBy(() -> log.start(yaml))
          .hasMessageContaining("24 to 64 random bytes")
          .hasMessageNotContaining("hunter2");
    }
  }
}
