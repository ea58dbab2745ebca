package io.tallystick.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.ingest.audit.KubernetesReceiver;
import io.tallystick.ingest.cloudevents.CloudEventsReceiver;
import io.tallystick.ingest.hec.HecReceiver;
import io.tallystick.ingest.otlp.OtlpReceiver;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.receiver.TooManyValuesException;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Batches as large as senders make them are read event by event, and what is only there to fill the
 * memory is refused, never cut.
 */
class LargeRequestsTest {
  private static final String ARRAY_OF_TINY_VALUES = "[" + "0,".repeat(500_000) + "0]";

  private static int documents(Receiver receiver, String path, String type, String body) {
    assertThat(body.length()).isBetween(700_000, 8 << 20);
    Delivery delivery =
        new Delivery(path, Map.of(), Map.of("content-type", type), "k", body.getBytes(UTF_8));
    return receiver.receive(delivery).documents().size();
  }

  private static String repeated(int count, String separator, String event) {
    return IntStream.range(0, count)
        .mapToObj(i -> event.replace("#", Integer.toString(i)))
        .collect(Collectors.joining(separator));
  }

  @Test
  void fourHundredKubernetesEventsWithTheirObjects() {
    String fields = repeated(150, ",", "\"f:field#\":{}") + ",\"ports\":[80,443,8080,9090]";
    String event =
        "{\"auditID\":\"a-#\",\"stage\":\"ResponseComplete\",\"verb\":\"update\",\"responseObject\":{"
            + fields
            + "}}";
    String list = "{\"kind\":\"EventList\",\"items\":[" + repeated(400, ",", event) + "]}";
    assertThat(documents(new KubernetesReceiver(), "", "application/json", list)).isEqualTo(400);
  }

  @Test
  void twentyThousandEventsOfSplunk() {
    String events = repeated(20_000, "", "{\"time\":#,\"event\":{\"type\":\"many.x\",\"n\":#}}");
    assertThat(documents(new HecReceiver(false), "/services/collector", "", events))
        .isEqualTo(20_000);
  }

  @Test
  void fiveThousandOtlpRecordsWithAttributes() {
    String attributes =
        repeated(8, ",", "{\"key\":\"some.key.#\",\"value\":{\"stringValue\":\"v\"}}");
    String records =
        repeated(5_000, ",", "{\"timeUnixNano\":\"1#\",\"attributes\":[" + attributes + "]}");
    String request = "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[" + records + "]}]}]}";
    assertThat(documents(new OtlpReceiver(), "/v1/logs", "application/json", request))
        .isEqualTo(5_000);
  }

  @Test
  void tenThousandCloudEvents() {
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"#\",\"source\":\"/a\",\"type\":\"t\",\"data\":{\"n\":#}}";
    assertThat(
            documents(
                new CloudEventsReceiver(),
                "",
                "application/cloudevents-batch+json",
                "[" + repeated(10_000, ",", event) + "]"))
        .isEqualTo(10_000);
  }

  @Test
  void manyTinyValuesAreRefused() {
    for (Receiver receiver : new Receiver[] {new KubernetesReceiver(), new HecReceiver(false)}) {
      assertThatThrownBy(() -> documents(receiver, "/services/collector", "", ARRAY_OF_TINY_VALUES))
          .isInstanceOf(TooManyValuesException.class)
          .hasMessageContaining("200,000 values");
    }
  }
}
