package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.service.Actor;
import io.tallystick.service.erasure.ErasureRequest;
import io.tallystick.service.erasure.ErasureService;
import io.tallystick.store.Futures;
import io.tallystick.store.log.StoredEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a sink must not show is in no record of it, and everything else can be compared. */
class RedactionTest {
  private static final String REDACT =
      "    redact: [actor_ip, actor_username, details.password, details.users.email]\n";

  private static final String DETAILS =
      """
      {"password":"hunter2","users":[{"email":"carol@example.com"}],"user":{"email":"dave"},"n":1.0}
      """;

  @TempDir Path directory;

  private static String yaml(String format) {
    return "sinks:\n  - name: copy\n    type: file\n    path: copy.ndjson\n    format: "
        + format
        + "\n    filter: {event_type: [order.placed, audit.exported]}\n";
  }

  private static void append(ForwardingLog log, Event... events) throws Exception {
    Futures.from(log.log.append(List.of(events), "shop"));
  }

  private static Event order(String... personal) {
    return Event.builder("order.placed")
        .actorUsername("alice")
        .actorIp("203.0.113.77")
        .details(Details.parse(DETAILS))
        .personal(PersonalField.of(List.of(personal)))
        .build();
  }

  private String held() throws Exception {
    return Files.readString(directory.resolve("copy.ndjson"));
  }

  private List<JsonNode> entries() throws Exception {
    return ForwardingLog.records(directory.resolve("copy.ndjson")).stream()
        .filter(record -> record.has("id"))
        .toList();
  }

  private static ReconciliationReport reconcile(ForwardingLog log) throws Exception {
    return log.forwarding().reconcile("copy", null, false, Actor.SERVER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"native", "ocsf", "ecs", "cef"})
  void aRedactedValueIsNowhereAndTheRecordSaysWhatIsMissing(String format) throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      append(log, order(), order("actor_username", "details.user.email"));
      append(log, Event.builder("order.placed").actorUsername(null).action("plain").build());
      log.start(yaml(format) + REDACT);
      ForwardingLog.await(() -> log.forwarding().status("copy").seq() == 3);
      assertThat(held())
          .doesNotContain("hunter2", "carol", "203.0.113.77", "alice")
          .contains("dave", "details.password", "details.users", "actor_ip");
      ReconciliationReport report = reconcile(log);
      assertThat(report.complete()).isTrue();
      assertThat(report.uncompared()).isZero();
      Path file = directory.resolve("copy.ndjson");
      Files.writeString(file, held().replaceFirst("dave", "mallory"));
      assertThat(Reconciled.seqs(reconcile(log).alteredRecords())).containsExactly(1L);
    }
  }

  @Test
  void theHashIdAndSeqAreThoseOfTheWholeEntry() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      append(log, order(), Event.of("order.placed"));
      log.start(yaml("native") + REDACT);
      ForwardingLog.await(() -> log.forwarding().status("copy").seq() == 2);
      JsonNode record = entries().getFirst();
      StoredEntry entry = log.log.reader().read(record.get("id").asLong()).orElseThrow();
      assertThat(record.get("hash").asText()).isEqualTo(entry.hash().toString());
      assertThat(record.get("seq").asLong()).isEqualTo(1);
      assertThat(record.get("redacted").valueStream().map(JsonNode::asText))
          .containsExactly("actor_ip", "actor_username", "details.password", "details.users");
      assertThat(record.get("details").toString())
          .isEqualTo("{\"password\":null,\"users\":null,\"user\":{\"email\":\"dave\"},\"n\":1.0}");
      // What is not there is not missing.
      assertThat(entries().getLast().has("redacted")).isFalse();
    }
  }

  /** With its salt, anybody could try which name or address a commitment is over. */
  @Test
  void whatWouldConfirmAGuessIsLeftOutToo() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      append(log, order("actor_username", "details.user.email", "details.password"));
      append(log, order("details"));
      log.start(yaml("native") + REDACT);
      ForwardingLog.await(() -> log.forwarding().status("copy").seq() == 2);
      assertThat(entries().getFirst().get("personal").properties())
          .singleElement()
          .satisfies(only -> assertThat(only.getKey()).isEqualTo("details.user.email"));
      // The commitment is over all of the details, of which the rest is there.
      assertThat(entries().getLast().has("personal")).isFalse();
    }
  }

  @Test
  void erasingWhatTheReceiverNeverHadChangesNothingThere() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      append(log, order("actor_username", "details.password"));
      log.start(yaml("native") + REDACT);
      ForwardingLog.await(() -> log.forwarding().status("copy").seq() == 1);
      var _ =
          new ErasureService(log.log, log.index)
              .erase(
                  ErasureRequest.of(
                      Map.of("actor_username", List.of("alice")), List.of(), "asked to", false),
                  Actor.SERVER);
      long id = entries().getFirst().get("id").asLong();
      assertThat(log.log.reader().read(id).orElseThrow().readable().erased()).hasSize(2);
      ReconciliationReport report = reconcile(log);
      assertThat(report.complete()).isTrue();
      assertThat(report.uncompared()).isZero();
    }
  }

  /** Whoever exports by a name writes it into the log's own entry. */
  @Test
  void theFiltersOfAnExportAreRedactedAsTheValuesThatTheyFind() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      Futures.from(
          log.log.append(
              Event.builder("audit.exported")
                  .actorUsername("auditor")
                  .details(
                      Details.parse(
                          "{\"filters\":{\"actor_username\":[\"alice\"],\"q\":[\"alice\"],"
                              + "\"event_type\":[\"order.*\"]},\"entries\":3}"))
                  .build()));
      log.start(yaml("native") + REDACT);
      ForwardingLog.await(() -> log.forwarding().status("copy").seq() == 1);
      assertThat(held()).doesNotContain("alice", "auditor").contains("order.*", "\"entries\":3");
    }
  }

  /** An entry that a receiver refuses goes in an envelope, with its text: that has every value. */
  @Test
  void anEntryThatIsRefusedIsSentWithoutItsText() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      receiver.answer(batch -> {
        for (JsonNode record : batch.get("data")) {
          if (record.path("details").has("n")) {
            return 400;
          }
        }
        return 200;
      });
      append(log, order());
      log.start(
          "sinks:\n"
              + receiver.yaml(
                  directory, Map.of("filter", "{event_type: order.placed}", "redact", "actor_ip")));
      ForwardingLog.await(() -> log.forwarding().status("hook").seq() == 1);
      List<JsonNode> records = new ArrayList<>(receiver.records());
      records.removeIf(record -> !record.has("id"));
      assertThat(records)
          .singleElement()
          .satisfies(stub -> {
            assertThat(stub.has("raw")).isFalse();
            assertThat(stub.get("truncated").asBoolean()).isTrue();
            assertThat(stub.toString()).doesNotContain("203.0.113.77");
          });
      assertThat(
              log.forwarding()
                  .reconcile("hook", receiver.inventory(), false, Actor.SERVER)
                  .complete())
          .isTrue();
    }
  }

  @Test
  void aRedactionThatWasChangedStopsTheSink() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      append(log, order());
      log.start(yaml("native"));
      ForwardingLog.await(() -> log.forwarding().status("copy").seq() == 1);
      log.stop();
      log.start(yaml("native") + REDACT);
      ForwardingLog.await(() -> log.forwarding().status("copy").condition().equals("stopped"));
      assertThat(Objects.requireNonNull(log.forwarding().status("copy").reason()))
          .contains("redact");
    }
  }

  @Test
  void aWrongSettingIsRefused() {
    for (Map.Entry<String, String> wrong :
        Map.of(
                "redact: [event_type]",
                "redact must name fields of at most 256 bytes that can be personal, but names"
                    + " \"event_type\"; these can: actor_id,",
                "redact: actor_ip\n    original: true",
                "original can't be true with redact")
            .entrySet()) {
      assertThatThrownBy(() ->
              ForwardingFile.parse(
                  "f", yaml("native") + "    " + wrong.getKey() + "\n", "o", directory))
          .isInstanceOf(SettingException.class)
          .hasMessageContaining(wrong.getValue());
    }
  }
}
