package io.tallystick.forward.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Event;
import io.tallystick.forward.Samples;
import io.tallystick.service.answer.EntryView;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EcsFormatTest {
  private static final EcsFormat ECS = new EcsFormat();

  /** Those fields of the published list of ECS 9.4 that we use. */
  private static final Set<String> PUBLISHED =
      Set.of(
          "@timestamp",
          "ecs.version",
          "entity.id",
          "entity.name",
          "entity.sub_type",
          "event.action",
          "event.category",
          "event.code",
          "event.created",
          "event.dataset",
          "event.hash",
          "event.id",
          "event.kind",
          "event.module",
          "event.original",
          "event.outcome",
          "event.provider",
          "event.sequence",
          "event.severity",
          "event.type",
          "http.request.id",
          "message",
          "observer.product",
          "observer.serial_number",
          "observer.type",
          "observer.vendor",
          "organization.id",
          "related.ip",
          "related.user",
          "source.address",
          "source.domain",
          "source.ip",
          "trace.id",
          "user.id",
          "user.name",
          "user.target.id",
          "user.target.name",
          "user_agent.original");

  /** Which types the published list expects of which categories. */
  private static final Map<String, Set<String>> EXPECTED_TYPES =
      Map.of(
          "authentication", Set.of("start", "end", "info"),
          "configuration", Set.of("access", "change", "creation", "deletion", "info"),
          "iam", Set.of("admin", "change", "creation", "deletion", "group", "info", "user"),
          "intrusion_detection", Set.of("allowed", "denied", "info"));

  static List<String> types() {
    return Samples.types().toList();
  }

  private static void leaves(String prefix, JsonNode node, Set<String> names) {
    if (!node.isObject()) {
      names.add(prefix);
    }
    node.properties()
        .forEach(each -> {
          String name = prefix.isEmpty() ? each.getKey() : prefix + "." + each.getKey();
          if (!name.equals("tallystick")) {
            leaves(name, each.getValue(), names);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyFieldIsInThePublishedList(String type) throws Exception {
    Set<String> used = new TreeSet<>();
    for (EntryView entry : List.of(Samples.bare(7, type), Samples.full(8, type, Samples.HOSTILE))) {
      JsonNode document =
          new ObjectMapper()
              .readTree(ECS.format(new Forwarded("o", "s", 1, entry, List.of(), "{}")));
      leaves("", document, used);
      for (JsonNode category : document.path("event").path("category")) {
        assertThat(EXPECTED_TYPES).containsKey(category.asText());
        assertThat(document.path("event").path("type"))
            .allSatisfy(
                each -> assertThat(EXPECTED_TYPES.get(category.asText())).contains(each.asText()));
      }
    }
    leaves("", new ObjectMapper().readTree(ECS.marker(Samples.marker(1, null))), used);
    assertThat(used).isSubsetOf(PUBLISHED).hasSizeGreaterThan(30);
  }

  /** A date of nanoseconds in 64 bits reaches from 1970 to 2262; what it refuses is poison. */
  @Test
  void aTimeThatElasticCannotStoreStandsBesideTheTimeOfTheLog() throws Exception {
    for (String occurred : List.of("0001-01-01T00:00:00Z", "9999-12-31T23:59:59+23:59")) {
      EntryView entry = Samples.view(7, Event.builder("deploy").occurredAt(occurred).build());
      JsonNode document =
          new ObjectMapper()
              .readTree(ECS.format(new Forwarded("o", "s", 1, entry, List.of(), null)));
      assertThat(document.path("@timestamp").asText()).startsWith("2026-11-23T03:05:09.12345679");
      assertThat(document.path("tallystick").path("occurred_at").asText()).isEqualTo(occurred);
    }
  }
}
