package io.tallystick.ingest.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.ingest.Intake;
import io.tallystick.ingest.Intake.Document;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Reply;
import io.tallystick.ingest.receiver.TooManyValuesException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OtlpReceiverTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PROTOBUF = "application/x-protobuf";

  private static final String REQUEST =
      """
      {"resourceLogs":[{"scopeLogs":[{"scope":{"name":"audit","version":"2"},"logRecords":[
        {"timeUnixNano":"1772614306000000001","observedTimeUnixNano":"1772614307000000000","severityNumber":17,
         "severityText":"ERROR","eventName":"auth.login.failed","body":{"stringValue":"wrong password"},
         "attributes":[
           {"key":"user.name","value":{"stringValue":"ann"}},{"key":"enduser.id","value":{"intValue":"7"}},
           {"key":"client.address","value":{"stringValue":"192.0.2.9"}},
           {"key":"ratio","value":{"doubleValue":0.5}},{"key":"ok","value":{"boolValue":true}},
           {"key":"raw","value":{"bytesValue":"AQI="}},
           {"key":"many","value":{"arrayValue":{"values":[{"stringValue":"x"},{"intValue":"-1"}]}}},
           {"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"v"}}]}}}],
         "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174"},
        {"observedTimeUnixNano":"1772614307000000000","body":{"stringValue":"second"},
         "attributes":[{"key":"log.record.uid","value":{"stringValue":"01J"}}]},
        {"body":{"stringValue":"untimed"}}]}],
       "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}}]}\
      """;

  private final OtlpReceiver receiver = new OtlpReceiver();

  private static Delivery delivery(String type, byte[] body) {
    return new Delivery("/v1/logs", Map.of(), Map.of("content-type", type), "k", body);
  }

  private Received json(String body) {
    return receiver.receive(delivery("application/json", body.getBytes(UTF_8)));
  }

  /** The same request in protobuf, the resource last. */
  private static byte[] protobuf() {
    Proto first =
        new Proto()
            .fixed64(1, 1772614306000000001L)
            .fixed64(11, 1772614307000000000L)
            .varint(2, 17)
            .text(3, "ERROR")
            .text(12, "auth.login.failed")
            .message(5, new Proto().text(1, "wrong password"))
            .message(6, attribute("user.name", new Proto().text(1, "ann")))
            .message(6, attribute("enduser.id", new Proto().varint(3, 7)))
            .message(6, attribute("client.address", new Proto().text(1, "192.0.2.9")))
            .message(6, attribute("ratio", new Proto().fixed64(4, Double.doubleToLongBits(0.5))))
            .message(6, attribute("ok", new Proto().varint(2, 1)))
            .message(6, attribute("raw", new Proto().bytes(7, new byte[] {1, 2})))
            .message(
                6,
                attribute(
                    "many",
                    new Proto()
                        .message(
                            5,
                            new Proto()
                                .message(1, new Proto().text(1, "x"))
                                .message(1, new Proto().varint(3, -1)))))
            .message(
                6,
                attribute(
                    "map",
                    new Proto()
                        .message(
                            6, new Proto().message(1, attribute("k", new Proto().text(1, "v"))))))
            .bytes(9, HexFormat.of().parseHex("5b8efff798038103d269b633813fc60c"))
            .bytes(10, HexFormat.of().parseHex("eee19b7ec3c1b174"))
            .text(9_999, "from a later version");
    Proto second =
        new Proto()
            .fixed64(11, 1772614307000000000L)
            .message(5, new Proto().text(1, "second"))
            .message(6, attribute("log.record.uid", new Proto().text(1, "01J")));
    Proto third = new Proto().message(5, new Proto().text(1, "untimed"));
    Proto scoped =
        new Proto()
            .message(1, new Proto().text(1, "audit").text(2, "2"))
            .message(2, first)
            .message(2, second)
            .message(2, third);
    Proto resource = new Proto().message(1, attribute("service.name", new Proto().text(1, "shop")));
    return new Proto().message(1, new Proto().message(2, scoped).message(1, resource)).toBytes();
  }

  private static Proto attribute(String key, Proto value) {
    return new Proto().text(1, key).message(2, value);
  }

  @Test
  void aRecordIsMappedByTheNamesOfTheConventions() throws Exception {
    List<Document> documents = json(REQUEST).documents();
    assertThat(documents).hasSize(3);
    Intake intake = new Intake("otel", Mappings.named("auto"));
    Event event = intake.read(documents.getFirst(), null, Map.of());
    assertThat(event.eventType()).isEqualTo("auth.login.failed");
    assertThat(event.text(EntryField.SEVERITY)).isEqualTo("high");
    assertThat(event.actorUsername()).isEqualTo("ann");
    assertThat(event.text(EntryField.ACTOR_ID)).isEqualTo("7");
    assertThat(event.actorIp()).isEqualTo("192.0.2.9");
    assertThat(event.action()).isEqualTo("wrong password");
    assertThat(event.occurredAt()).isEqualTo("2026-03-04T08:51:46.000000001Z");
    assertThat(event.text(EntryField.TRACE_ID)).isEqualTo("5b8efff798038103d269b633813fc60c");
    assertThat(JSON.readTree(String.valueOf(event.details())))
        .isEqualTo(
            JSON.readTree(
                """
                {"protocol":"otlp","resource":{"service.name":"shop"},
                 "scope":{"name":"audit","version":"2"},"observed_time":"2026-03-04T08:51:47Z",
                 "severity_number":17,"severity_text":"ERROR","span_id":"eee19b7ec3c1b174",
                 "attributes":{"ratio":0.5,"ok":true,"raw":"AQI=","many":["x",-1],"map":{"k":"v"}}}\
                """));
    assertThat(intake.read(documents.get(1), null, Map.of()).eventId()).isEqualTo("otel/01J");
    assertThat(intake.counts()).isEqualTo(new Intake.Counts(2, 0, 0));
  }

  @Test
  void protobufSaysTheSameAsJson() throws Exception {
    Received received = receiver.receive(delivery(PROTOBUF, protobuf()));
    assertThat(contents(received)).isEqualTo(contents(json(REQUEST)));
    assertThat(received.reply().get().contentType()).isEqualTo(PROTOBUF);
    assertThat(received.reply().get().body()).isEmpty();
  }

  private static List<JsonNode> contents(Received received) throws Exception {
    List<JsonNode> contents = new ArrayList<>();
    for (Document document : received.documents()) {
      contents.add(JSON.readTree(document.content().toString()));
    }
    return contents;
  }

  @Test
  void aRequestThatIsRepeatedHasTheSameIdsAndAnotherOneHasNot() {
    String other = REQUEST.replace("000000001", "000000002");
    assertThat(json(REQUEST).documents().getFirst().eventId())
        .endsWith("/0")
        .isEqualTo(json(REQUEST).documents().getFirst().eventId())
        .isNotEqualTo(json(other).documents().getFirst().eventId());
    assertThat(json(REQUEST).documents().get(2).eventId()).as("without a time").isNull();
  }

  /** A sender that starts again reads some again, later, and with attributes in another order. */
  @Test
  void aRecordWithAnIdIsTheSameWhenItIsReadAgain() {
    String record =
        """
        {"resourceLogs":[{"resource":{"attributes":[%s]},"scopeLogs":[{"logRecords":[
          {"observedTimeUnixNano":"%s","body":{"kvlistValue":{"values":[%s]}},"attributes":[%s]}]}]}]}\
        """;
    String a = "{\"key\":\"log.record.uid\",\"value\":{\"stringValue\":\"01J\"}}";
    String b = "{\"key\":\"b\",\"value\":{\"intValue\":\"1\"}}";
    String first = record.formatted(a + "," + b, "1772614307000000000", a + "," + b, a + "," + b);
    String again = record.formatted(b + "," + a, "1772614399000000000", b + "," + a, b + "," + a);
    Intake intake = new Intake("otel", Mappings.named("auto"));
    assertThat(intake.read(json(again).documents().getFirst(), null, Map.of()))
        .isEqualTo(intake.read(json(first).documents().getFirst(), null, Map.of()));
  }

  @Test
  void anEmptyRequestIsASuccess() {
    for (String empty : List.of("{}", "{\"resourceLogs\":[]}", "{\"resourceLogs\":null}")) {
      assertThat(new String(json(empty).reply().get().body(), UTF_8)).isEqualTo("{}");
    }
    assertThat(receiver.receive(delivery(PROTOBUF, new byte[0])).reply().get().status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}{}",
        "{\"resourceLogs\":{}}",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[1]}]}]}",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"-1\"}]}]}]}",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"18446744073709551616\"}]}]}]}",
        "{\"a\":1,\"a\":1}",
      })
  void whatIsNoRequestIsRefusedWithAStatus(String body) throws Exception {
    Received received = json(body);
    assertThat(received.documents()).isEmpty();
    Reply reply = received.reply().get();
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.contentType()).isEqualTo("application/json");
    JsonNode status = JSON.readTree(reply.body());
    assertThat(status.get("code").asInt()).isEqualTo(3);
    assertThat(status.get("message").asText()).startsWith("The body is no request to export logs");
  }

  @Test
  void aStatusInProtobufCanBeRead() throws Exception {
    Reply reply = receiver.receive(delivery(PROTOBUF, new byte[] {0x0a, 5})).reply().get();
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.contentType()).isEqualTo(PROTOBUF);
    ProtoReader status = new ProtoReader(reply.body());
    assertThat(status.next()).isTrue();
    assertThat(status.number()).isEqualTo(3);
    assertThat(status.next()).isTrue();
    assertThat(status.text()).contains("it ends within a field");
    assertThat(status.next()).isFalse();
    String long300 = "x".repeat(300);
    ProtoReader longer =
        new ProtoReader(receiver.refused(delivery(PROTOBUF, new byte[0]), 413, long300).body());
    assertThat(longer.next()).isTrue();
    assertThat(longer.next()).isTrue();
    assertThat(longer.text()).isEqualTo(long300);
  }

  /** They repeat a request after 429, 502, 503 and 504 only. */
  @ParameterizedTest
  @CsvSource({"500, 503", "507, 503", "408, 503", "503, 503", "429, 429", "401, 401", "413, 413"})
  void whatMayGoWellLaterIsAnsweredSoThatSendersTryAgain(int status, int sent) {
    assertThat(receiver.refused(delivery("application/json", new byte[0]), status, "x").status())
        .isEqualTo(sent);
  }

  @Test
  void anotherContentTypeIsRefused() {
    Received received = receiver.receive(delivery("text/plain", REQUEST.getBytes(UTF_8)));
    assertThat(received.documents()).isEmpty();
    assertThat(received.reply().get().status()).isEqualTo(415);
  }

  /** Two bytes each; as documents they would have taken the server's memory. */
  @Test
  void aFloodOfEmptyRecordsOrValuesIsRefused() {
    Proto records = new Proto();
    Proto values = new Proto();
    for (int i = 0; i < 300_000; i++) {
      records.message(2, new Proto());
      values.message(6, new Proto());
    }
    Reply reply = receiver.receive(flood(records)).reply().get();
    assertThat(reply.status()).isEqualTo(400);
    assertThat(new String(reply.body(), UTF_8)).contains("for its size");
    Delivery ofValues = flood(new Proto().message(2, values));
    assertThatThrownBy(() -> receiver.receive(ofValues)).isInstanceOf(TooManyValuesException.class);
  }

  private static Delivery flood(Proto scoped) {
    return delivery(PROTOBUF, new Proto().message(1, new Proto().message(2, scoped)).toBytes());
  }

  @Test
  void aResourceThatEachOfManyRecordsWouldRepeatIsRefused() {
    Proto scoped = new Proto();
    for (int i = 0; i < 2_000; i++) {
      scoped.message(2, new Proto());
    }
    Proto resource =
        new Proto().message(1, attribute("a", new Proto().text(1, "x".repeat(40_000))));
    byte[] body =
        new Proto().message(1, new Proto().message(1, resource).message(2, scoped)).toBytes();
    Reply reply = receiver.receive(delivery(PROTOBUF, body)).reply().get();
    assertThat(new String(reply.body(), UTF_8)).contains("send fewer at once");
  }
}
