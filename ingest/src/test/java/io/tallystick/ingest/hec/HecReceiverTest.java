package io.tallystick.ingest.hec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Event;
import io.tallystick.ingest.Intake;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Received;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HecReceiverTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHANNEL = "FE0ECFAD-13D5-401B-847D-77833BD77131";

  private final HecReceiver plain = new HecReceiver(false);
  private final HecReceiver acknowledging = new HecReceiver(true);

  private static Delivery delivery(String path, String sender, String body) {
    Map<String, String> headers = Map.of("x-splunk-request-channel", CHANNEL);
    String whole = "/services/collector" + path;
    return new Delivery(whole, Map.of("host", "h"), headers, sender, body.getBytes(UTF_8));
  }

  private static JsonNode answer(Received received) throws Exception {
    return JSON.readTree(received.reply().get().body());
  }

  private Received events(String body) {
    return plain.receive(delivery("/event", "k", body));
  }

  @Test
  void eventsComeBackToBackWithTimesOfEitherForm() throws Exception {
    Received received =
        events(
            "{\"time\":1772614306.125,\"host\":\"web\",\"event\":\"signed in\"}"
                + "{\"time\":\"1772614307\",\"event\":{\"event_type\":\"a.b\",\"user\":\"ann\"}}\n"
                + "{\"event\":\"untimed\"}");
    assertThat(answer(received)).isEqualTo(JSON.readTree("{\"text\":\"Success\",\"code\":0}"));
    Intake intake = new Intake("s", Mappings.named("auto"));
    List<Event> events =
        received.documents().stream().map(d -> intake.read(d, null, Map.of())).toList();
    assertThat(events)
        .extracting(Event::eventType)
        .containsExactly("hec.event", "a.b", "hec.event");
    assertThat(events)
        .extracting(Event::occurredAt)
        .containsExactly("2026-03-04T08:51:46.125Z", "2026-03-04T08:51:47Z", null);
    assertThat(events.getFirst().action()).isEqualTo("signed in");
    assertThat(events.get(1).actorUsername()).isEqualTo("ann");
    assertThat(events.getFirst().eventId()).startsWith("s/").endsWith("/0");
    assertThat(events.get(2).eventId()).isNull();
    assertThat(intake.counts()).isEqualTo(new Intake.Counts(3, 0, 0));
  }

  /** Somebody would look for the time of the event, and for why it is missing. */
  @ParameterizedTest
  @ValueSource(
      strings = {"\"abc\"", "\"\"", "true", "{}", "1772614306000", "\"1772614306000\"", "1e99"})
  void aTimeThatIsNoneIsKeptAndSaid(String time) throws Exception {
    Received received =
        events(
            "{\"time\":" + time + ",\"event\":\"e\"}{\"time\":1,\"event\":\"e\"}{\"event\":\"e\"}");
    assertThat(received.reply().get().status()).isEqualTo(200);
    Intake intake = new Intake("s", Mappings.named("auto"));
    List<Event> events =
        received.documents().stream().map(d -> intake.read(d, null, Map.of())).toList();
    JsonNode details = JSON.readTree(String.valueOf(events.getFirst().details()));
    assertThat(events.getFirst().occurredAt()).isNull();
    assertThat(details.get("time")).isEqualTo(JSON.readTree(time));
    assertThat(details.path("time_failure").asText())
        .contains("seconds since 1970", "no occurred_at");
    assertThat(events.getFirst().eventId()).as("two equal ones may both be meant").isNull();
    assertThat(events.get(1).occurredAt()).isNotNull();
    assertThat(String.valueOf(events.get(1).details())).doesNotContain("time_failure");
    assertThat(String.valueOf(events.get(2).details())).doesNotContain("time_failure");
  }

  /** What the mapping makes of a text, and what the receiver says of it, must be the same. */
  @ParameterizedTest
  @ValueSource(
      strings = {"1772614306", "1772614306.5", "1.5e3", "1.", ".5", "007", "-1", "1E2", " 1", "+1"})
  void aTimeIsEitherUsedOrSaidToBeUnusable(String time) {
    Received received = events("{\"time\":\"" + time + "\",\"event\":\"e\"}");
    Event event =
        new Intake("s", Mappings.named("auto"))
            .read(received.documents().getFirst(), null, Map.of());
    assertThat(String.valueOf(event.details()).contains("time_failure"))
        .isEqualTo(event.occurredAt() == null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | 5 |",
        "` ` | 5 |",
        "{ | 6 | 0",
        "[] | 6 | 0",
        "{\"event\":1}{\"event\":2}{ | 6 | 2",
        "{\"event\":1}{\"time\":2}{\"event\":3} | 12 | 1",
        "{\"event\":\"\"} | 13 | 0",
        "{\"event\":null} | 12 | 0",
        "{\"event\":1,\"fields\":{\"a\":{}}} | 15 | 0",
        "{\"event\":1,\"fields\":7} | 15 | 0",
      })
  void thoseBeforeAWrongOneCountAndItsPlaceIsSaid(String body, int code, Integer place)
      throws Exception {
    Received received = events(body);
    assertThat(received.reply().get().status()).isEqualTo(400);
    assertThat(answer(received).get("code").asInt()).isEqualTo(code);
    assertThat(received.documents()).hasSize(place == null ? 0 : place);
    assertThat(answer(received).has("invalid-event-number")).isEqualTo(place != null);
    if (place != null) {
      assertThat(answer(received).get("invalid-event-number").asInt()).isEqualTo(place);
    }
  }

  @Test
  void aRequestIsAcknowledgedOnceAfterItIsWrittenAndToItsSenderAlone() throws Exception {
    Received first = acknowledging.receive(delivery("", "k", "{\"event\":1}"));
    String ask = "{\"acks\":[0,1]}";
    assertThat(answer(acknowledging.receive(delivery("/ack", "k", ask))).toString())
        .isEqualTo("{\"acks\":{\"0\":false,\"1\":false}}");
    assertThat(answer(first).get("ackId").asLong()).isZero();
    assertThat(answer(acknowledging.receive(delivery("/ack", "other", ask))).toString())
        .isEqualTo("{\"acks\":{\"0\":false,\"1\":false}}");
    assertThat(answer(acknowledging.receive(delivery("/ack", "k", ask))).toString())
        .isEqualTo("{\"acks\":{\"0\":true,\"1\":false}}");
    assertThat(answer(acknowledging.receive(delivery("/ack", "k", ask))).toString())
        .isEqualTo("{\"acks\":{\"0\":false,\"1\":false}}");
    assertThat(
            answer(acknowledging.receive(delivery("", "k", "{\"event\":1}"))).get("ackId").asLong())
        .isEqualTo(1);
  }

  @Test
  void acknowledgingNeedsAChannel() throws Exception {
    byte[] event = "{\"event\":1}".getBytes(UTF_8);
    String path = "/services/collector/event";
    Delivery none = new Delivery(path, Map.of(), Map.of(), "k", event);
    assertThat(answer(acknowledging.receive(none)).get("code").asInt()).isEqualTo(10);
    Delivery bad = new Delivery(path, Map.of("channel", "x"), Map.of(), "k", event);
    assertThat(answer(acknowledging.receive(bad)).get("code").asInt()).isEqualTo(11);
    Delivery good = new Delivery(path, Map.of("channel", CHANNEL), Map.of(), "k", event);
    assertThat(answer(acknowledging.receive(good)).get("code").asInt()).isZero();
    assertThat(answer(plain.receive(delivery("/ack", "k", "{\"acks\":[0]}"))).get("code").asInt())
        .isEqualTo(14);
    for (String wrong :
        List.of("", "{}", "{\"acks\":7}", "{\"acks\":[\"x\"]}", "{\"acks\":[1e30]}")) {
      assertThat(answer(acknowledging.receive(delivery("/ack", "k", wrong))).get("code").asInt())
          .isEqualTo(6);
    }
  }

  @Test
  void whatNobodyAsksForIsForgotten() {
    Acknowledgements all = new Acknowledgements();
    Acknowledgements.Channel channel = new Acknowledgements.Channel("k", "c");
    for (int i = 0; i <= Acknowledgements.MAX_UNASKED; i++) {
      all.written(channel);
    }
    assertThat(all.ask(channel, List.of(0L, 1L))).isEqualTo(Map.of(0L, false, 1L, true));
    for (int i = 0; i < Acknowledgements.MAX_CHANNELS; i++) {
      all.written(new Acknowledgements.Channel("k", "c" + i));
    }
    assertThat(all.ask(channel, List.of(2L))).isEqualTo(Map.of(2L, false));
  }

  @Test
  void rawLinesAreEventsWithWhatTheQuerySays() {
    Received received = plain.receive(delivery("/raw", "k", "one\r\n\n{\"event_type\":\"x.y\"}\n"));
    assertThat(received.documents()).hasSize(2);
    Intake intake = new Intake("s", Mappings.named("auto"));
    List<Event> events =
        received.documents().stream().map(d -> intake.read(d, null, Map.of())).toList();
    assertThat(events.getFirst().action()).isEqualTo("one");
    assertThat(events.getLast().eventType()).isEqualTo("x.y");
    assertThat(String.valueOf(events.getFirst().details())).contains("\"host\":\"h\"");
    assertThat(plain.receive(delivery("/raw", "k", "\n".repeat(100_000))).reply().get().status())
        .isEqualTo(400);
    assertThat(plain.receive(delivery("/raw", "k", "a\n".repeat(100_000))).reply().get().status())
        .isEqualTo(413);
  }
}
