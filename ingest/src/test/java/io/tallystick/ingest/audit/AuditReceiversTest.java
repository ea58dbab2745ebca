package io.tallystick.ingest.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.ingest.Intake;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuditReceiversTest {
  private static final Mappings AUTO = Mappings.named("auto");

  private final Intake intake = new Intake("a", AUTO);

  private List<Event> events(Receiver receiver, String body) {
    Received received =
        receiver.receive(new Delivery("", Map.of(), Map.of(), "k", body.getBytes(UTF_8)));
    assertThat(received.reply().get().status()).isEqualTo(204);
    return received.documents().stream().map(d -> intake.read(d, null, Map.of())).toList();
  }

  /** As the API server sends them: in a list, events do not say what kind they are. */
  @Test
  void kubernetesSendsListsWhoseItemsDoNotSayTheirKind() {
    List<Event> events =
        events(
            new KubernetesReceiver(),
            """
            {"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[
             {"level":"Metadata","auditID":"a-1","stage":"ResponseComplete","verb":"create",
              "user":{"username":"ann"},"objectRef":{"resource":"pods","name":"web"},"responseStatus":{"code":201}},
             {"auditID":"a-1","stage":"RequestReceived","verb":"create","objectRef":{"resource":"pods"}},7,
             {"verb":"get"}]}\
            """);
    assertThat(events)
        .extracting(Event::eventType)
        .containsExactly("pods.create", "pods.create", Mappings.UNMAPPED, "nonresource.get");
    assertThat(events)
        .extracting(Event::eventId)
        .containsExactly("a/a-1/ResponseComplete", "a/a-1/RequestReceived", null, null);
  }

  /** One event that can't be read must not hide the others of its batch. */
  @ParameterizedTest
  @MethodSource("poison")
  void ofABatchWithOneBadEventTheOthersAreEvents(String bad) {
    String list =
        """
        {"kind" : "EventList", "items" : [
          {"auditID":"a-1","stage":"ResponseComplete","verb":"get","note":"]}\\"],","objectRef":{"resource":"pods"}} , %s,
          {"auditID":"a-2","stage":"ResponseComplete","verb":"get","objectRef":{"resource":"pods"}}],
         "apiVersion":"audit.k8s.io/v1"}\
        """
            .formatted(bad);
    List<Event> events = events(new KubernetesReceiver(), list);
    assertThat(events)
        .extracting(Event::eventType)
        .containsExactly("pods.get", Mappings.UNMAPPED, "pods.get");
    assertThat(events.getFirst().eventId()).isEqualTo("a/a-1/ResponseComplete");
    assertThat(String.valueOf(events.getFirst().details())).contains("audit.k8s.io/v1");
    assertThat(String.valueOf(events.get(1).details())).contains("\"sha256\":");
    assertThat(events.get(1).eventId())
        .as("when the API server sends it again")
        .isNotNull()
        .isEqualTo(events(new KubernetesReceiver(), list).get(1).eventId());
  }

  static Stream<String> poison() {
    return Stream.of(
        "{\"auditID\":\"b\",\"auditID\":\"c\"}",
        "{\"auditID\":\"b\",\"deep\":" + "[".repeat(600) + "]".repeat(600) + "}",
        "{\"auditID\":\"b\",\"n\":1e99999999999}",
        "{\"auditID\":nonsense}");
  }

  /** Then nobody knows where one event ends and the next begins. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"items\":[{\"a\":1,\"a\":2},{\"b\":1}",
        "{\"items\":[{\"a\":1,\"a\":2},{\"b\":1}],\"items\":[]}",
        "{\"items\":[{\"a\":1,\"a\":2},{\"b\":\"1}]}",
        "{\"items\":[{\"a\":1,\"a\":2},,{\"b\":1}]}",
        "{\"items\":[{\"a\":1,\"a\":2}] {\"b\":1}}",
        "{\"items\":[{\"a\":1,\"a\":2},{\"b\":1}]}x",
        "{\"kind\":\"EventList\",\"kind\":\"x\",\"items\":[{},{}]}",
        "[{\"items\":[1,2]}, nonsense]",
      })
  void aBatchWhoseBracketsAreWrongIsKeptAsAWhole(String body) {
    assertThat(events(new KubernetesReceiver(), body))
        .singleElement()
        .extracting(Event::eventType)
        .isEqualTo(Mappings.UNMAPPED);
  }

  /** The API server sends again what is refused, and drops events in the end. */
  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[1]", "\"x\"", "{\"items\":7}", "{\"kind\":\"EventList\"}"})
  void poisonIsStoredRaw(String body) {
    for (Receiver receiver : List.of(new KubernetesReceiver(), new VaultReceiver())) {
      assertThat(events(receiver, body))
          .singleElement()
          .extracting(Event::eventType)
          .isEqualTo(Mappings.UNMAPPED);
    }
  }

  @Test
  void vaultsEventsAreKnownByAllOfThem() {
    String event =
        "{\"type\":\"request\",\"time\":\"2026-03-04T08:15:04.3Z\",\"auth\":{\"display_name\":\"ann\"},"
            + "\"request\":{\"id\":\"r\",\"operation\":\"read\",\"path\":\"secret/x\"}}";
    Event one = events(new VaultReceiver(), event).getFirst();
    assertThat(one.eventType()).isEqualTo("vault.request.read");
    assertThat(one.eventId())
        .isEqualTo(events(new VaultReceiver(), event).getFirst().eventId())
        .isNotEqualTo(
            events(new VaultReceiver(), event.replace("request\",", "response\","))
                .getFirst()
                .eventId());
  }
}
