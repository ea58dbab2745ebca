package io.tallystick.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventTest {
  private static String json(Event event) {
    return new String(event.encode("default"), UTF_8);
  }

  @Test
  void valuesOfAllKindsAreWritten() {
    Event event =
        Event.of("test.json")
            .actorId(Long.MAX_VALUE)
            .action("a \"b\" \ud83d\ude00 \ud83d")
            .detail("list", List.of(1, 2.5, true))
            .detail("map", Map.of("k", "v"))
            .detail("nan", Double.NaN)
            .detail("null", null);
    assertThat(json(event))
        .isEqualTo(
            "{\"event_type\":\"test.json\",\"actor_id\":9223372036854775807,\"action\":\"a \\\"b\\\""
                + " \\uD83D\\uDE00 \ufffd\",\"details\":{\"list\":[1,2.5,true],\"map\":{\"k\":\"v\"},"
                + "\"nan\":\"NaN\",\"null\":null}}");
    assertThat(new String(Event.withSequence(event.encode("default"), 12), UTF_8))
        .startsWith("{\"source_seq\":12,\"event_type\":");
  }

  @Test
  void pairsAreFieldsOrDetails() {
    Map<String, Object> pairs = new LinkedHashMap<>();
    pairs.put("actor_id", 7);
    pairs.put("target_id", 9);
    pairs.put("amount", 1250);
    pairs.put("actor_ip", null);
    pairs.put("event_type", "order.paid");
    assertThat(json(Event.of("shop").detail("logger", "shop").withAll(pairs)))
        .isEqualTo(
            "{\"event_type\":\"order.paid\",\"details\":{\"logger\":\"shop\",\"amount\":1250},"
                + "\"actor_id\":7,\"target_id\":\"9\"}");
    String huge = "x".repeat(1_000_000);
    assertThat(json(Event.of("shop").detail("a", 1).withAll(Map.of("action", huge, huge, 1))))
        .hasSizeLessThan(10_000)
        .contains("\"details\":{\"a\":1,\"left_out\":[\"xxx");
    assertThat(json(Event.of("shop").withAll(Map.of()))).isEqualTo("{\"event_type\":\"shop\"}");
  }

  @ParameterizedTest
  @CsvSource({"sync, SYNC", "SPOOLED, SPOOLED", "best_effort, BEST_EFFORT"})
  void modesHaveNames(String name, Mode mode) {
    assertThat(Mode.of(name)).isEqualTo(mode);
    assertThatThrownBy(() -> Mode.of(name + "!")).hasMessageContaining("sync, spooled or best");
  }

  @Test
  void theStreamIsInTheDetails() {
    assertThat(new String(Event.of("t").encode("orders"), UTF_8))
        .isEqualTo("{\"event_type\":\"t\",\"details\":{\"stream\":\"orders\"}}");
    assertThatThrownBy(() -> Event.of("t").detail("stream", "mine").encode("orders"))
        .hasMessageContaining("must not have the key \"stream\"");
    assertThatThrownBy(() -> Event.of("t").action("x".repeat(200_000)).encode("default"))
        .hasMessageContaining("at most 131072 bytes");
    assertThatThrownBy(() -> Event.of("t").with("source_seq", 1)).hasMessageContaining("leave it");
  }

  @Test
  void eventIdsAreUuidsOfVersion7() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(EventIds.next(0x0123456789abL)).matches("01234567-89ab-7.{3}-[89ab].{3}-.{12}");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://audit.example.com/base, true",
    "http://localhost:8470, true",
    "http://127.0.0.1:8470, true",
    "http://[::1]:8470, true",
    "http://audit.example.com, false",
    "https://user:secret@audit.example.com, false",
    "audit.example.com, false",
  })
  void onlyHttpsOrThisMachine(String url, boolean good) {
    AuditClient.Builder builder = AuditClient.builder().url(url).key(() -> "k").mode(Mode.SYNC);
    if (good) {
      assertThat(build(builder)).isEmpty();
    } else {
      assertThat(build(builder)).startsWith("url must be").doesNotContain("secret");
      assertThat(build(builder.url(url).allowHttp(true)))
          .matches(url.startsWith("http://a") ? "" : "url must be.*");
    }
  }

  @Test
  void theModeHasNoDefault() {
    assertThat(build(AuditClient.builder().url("https://a.example").key(() -> "k")))
        .contains("SYNC")
        .contains("SPOOLED")
        .contains("events can be dropped");
  }

  private static String build(AuditClient.Builder builder) {
    try (AuditClient client = builder.build()) {
      return client.flush(java.time.Duration.ZERO) == 0 ? "" : "events";
    } catch (java.io.IOException | IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
