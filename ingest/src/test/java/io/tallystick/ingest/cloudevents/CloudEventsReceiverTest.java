package io.tallystick.ingest.cloudevents;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.ingest.Intake;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Received;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CloudEventsReceiverTest {
  private static final String EVENT =
      "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/shop\",\"type\":\"com.example.paid\","
          + "\"time\":\"2026-03-04T08:51:46Z\",\"subject\":\"order/7\",\"data\":{\"a\":1}}";

  private final CloudEventsReceiver receiver = new CloudEventsReceiver();
  private static final Mappings AUTO = Mappings.named("auto");

  private final Intake intake = new Intake("ce", AUTO);

  private Received receive(Map<String, String> headers, byte[] body) {
    return receiver.receive(new Delivery("", Map.of(), headers, "k", body));
  }

  private List<Event> events(Map<String, String> headers, String body) {
    Received received = receive(headers, body.getBytes(UTF_8));
    assertThat(received.reply().get().status()).isEqualTo(204);
    return received.documents().stream().map(d -> intake.read(d, null, Map.of())).toList();
  }

  private static Map<String, String> binary() {
    Map<String, String> headers = new HashMap<>();
    headers.put("ce-specversion", "1.0");
    headers.put("ce-id", "e1");
    headers.put("ce-source", "/shop");
    headers.put("ce-type", "com.example.paid");
    headers.put("ce-time", "2026-03-04T08:51:46Z");
    headers.put("ce-subject", "order/7");
    headers.put("content-type", "application/json");
    return headers;
  }

  @Test
  void theThreeModesSayTheSame() {
    List<Event> structured =
        events(Map.of("content-type", "application/cloudevents+json; charset=UTF-8"), EVENT);
    List<Event> batch =
        events(
            Map.of("content-type", "application/cloudevents-batch+json"),
            "[" + EVENT + "," + EVENT + "]");
    List<Event> binary = events(binary(), "{\"a\":1}");
    Event one = structured.getFirst();
    assertThat(one.eventType()).isEqualTo("com.example.paid");
    assertThat(one.eventId()).isEqualTo("ce//shop e1");
    assertThat(one.targetId()).isEqualTo("order/7");
    assertThat(one.occurredAt()).isEqualTo("2026-03-04T08:51:46Z");
    assertThat(batch).containsExactly(one, one);
    assertThat(binary.getFirst().eventId()).isEqualTo(one.eventId());
    assertThat(String.valueOf(binary.getFirst().details())).contains("\"data\":{\"a\":1}");
  }

  @Test
  void anEventWithoutWhatItNeedsIsStoredRaw() {
    List<Event> raw =
        events(Map.of("content-type", "application/cloudevents-batch+json"), "[{\"id\":1},7]");
    assertThat(raw).extracting(Event::eventType).containsOnly(Mappings.UNMAPPED);
    assertThat(raw).extracting(Event::eventId).containsOnlyNulls();
  }

  @Test
  void dataOfAnyKindIsKept() {
    Map<String, String> headers = binary();
    headers.put("content-type", "application/octet-stream");
    assertThat(receive(headers, new byte[] {(byte) 0xff}).documents().getFirst().content())
        .hasToString(
            "{\"id\":\"e1\",\"source\":\"/shop\",\"specversion\":\"1.0\",\"subject\":\"order/7\","
                + "\"time\":\"2026-03-04T08:51:46Z\",\"type\":\"com.example.paid\","
                + "\"datacontenttype\":\"application/octet-stream\",\"data_base64\":\"/w==\"}");
    headers.put("content-type", "application/json");
    assertThat(receive(headers, "{".getBytes(UTF_8)).documents().getFirst().content().get("data"))
        .hasToString("\"{\"");
  }

  /** Some senders do not encode what is in headers. */
  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "Euro%20%E2%82%AC%20%F0%9F%98%80, Euro € \uD83D\uDE00",
    "100%, 100%",
    "50%zz, 50%zz",
    "%ff, %ff",
    "é%20, é%20",
  })
  void headersAreDecodedWhereTheyAreEncoded(String header, String text) {
    assertThat(CloudEventsReceiver.decoded(header)).isEqualTo(text);
  }

  @Test
  void whatIsNoCloudEventIsRefused() {
    for (Map<String, String> headers :
        List.of(
            Map.<String, String>of(),
            Map.of("content-type", "application/cloudevents+json"),
            Map.of("content-type", "application/cloudevents-batch+json"))) {
      Received received = receive(headers, "{".getBytes(UTF_8));
      assertThat(received.documents()).isEmpty();
      assertThat(received.reply().get().status()).isEqualTo(400);
    }
  }

  @Test
  void theHandshakeAllowsWhoeverAsks() {
    Map<String, String> asked =
        Map.of("webhook-request-origin", "events.example", "webhook-request-rate", "120");
    assertThat(receiver.answer(new Delivery("", Map.of(), asked, "", new byte[0])).headers())
        .containsEntry("WebHook-Allowed-Origin", "events.example")
        .containsEntry("WebHook-Allowed-Rate", "120");
  }
}
