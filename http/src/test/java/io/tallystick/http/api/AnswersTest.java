package io.tallystick.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.tallystick.entry.ActorId;
import io.tallystick.entry.Details;
import io.tallystick.forward.DeadLetter;
import io.tallystick.forward.ReconciliationReport;
import io.tallystick.forward.SinkStatus;
import io.tallystick.http.JsonSchema;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.answer.CheckpointInfo;
import io.tallystick.service.answer.CheckpointList;
import io.tallystick.service.answer.ConsistencyProof;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.answer.EventTypes;
import io.tallystick.service.answer.HorizonInfo;
import io.tallystick.service.answer.LogInfo;
import io.tallystick.service.answer.OverviewReport;
import io.tallystick.service.answer.SourceList;
import io.tallystick.service.answer.Statistics;
import io.tallystick.service.answer.Verification;
import io.tallystick.service.erasure.ErasureList;
import io.tallystick.service.erasure.ErasureReport;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.service.retention.RetentionRun;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * That every record that is an answer and its schema in {@code openapi.json} say the same, both
 * ways: names, types, what may be {@code null} and what may be left out.
 */
class AnswersTest {
  /** Of each schema that describes an answer, the record. */
  private static final Map<String, Class<?>> ANSWERS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("Entry", EntryView.class),
              Map.entry("Entries", EntryPage.class),
              Map.entry("Receipt", EventReceipt.class),
              Map.entry("Receipts", EventReceipt.OfBatch.class),
              Map.entry("EventTypes", EventTypes.class),
              Map.entry("SourceList", SourceList.class),
              Map.entry("Statistics", Statistics.class),
              Map.entry("SealedBy", CheckpointInfo.class),
              Map.entry("Verification", Verification.class),
              Map.entry("Verdict", Verification.Verdict.class),
              Map.entry("LastVerification", LastVerification.class),
              Map.entry("Overview", OverviewReport.class),
              Map.entry("Log", LogInfo.class),
              Map.entry("Checkpoints", CheckpointList.class),
              Map.entry("Consistency", ConsistencyProof.class),
              Map.entry("Key", KeyInfo.class),
              Map.entry("NewKey", KeyInfo.NewKey.class),
              Map.entry("Keys", KeyInfo.KeyList.class),
              Map.entry("Hold", LegalHold.class),
              Map.entry("Holds", LegalHold.HoldList.class),
              Map.entry("ErasureReport", ErasureReport.class),
              Map.entry("Erasures", ErasureList.class),
              Map.entry("Sink", SinkStatus.class),
              Map.entry("Sinks", SinkStatus.SinkList.class),
              Map.entry("DeadLetters", DeadLetter.Page.class),
              Map.entry("Drained", DeadLetter.Drained.class),
              Map.entry("Reconciliation", ReconciliationReport.class),
              Map.entry("NamedRecord", ReconciliationReport.Named.class),
              Map.entry("Horizon", HorizonInfo.class),
              Map.entry("RetentionRun", RetentionRun.class),
              Map.entry("Session", SessionInfo.class),
              Map.entry("Status", Health.class)));

  /** Schemas of requests, of parts, and of what is written by hand. */
  private static final Set<String> OTHERS =
      Set.of(
          "Time",
          "EventType",
          "Event",
          "Actor",
          "Permission",
          "RetentionMode",
          "Problem",
          "Invalid");

  private static final JsonNode OPENAPI = read();
  private static final JsonSchema SCHEMAS = new JsonSchema(OPENAPI);

  private static JsonNode read() {
    try (InputStream in = AnswersTest.class.getResourceAsStream("openapi.json")) {
      return TestServer.JSON.readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @TestFactory
  Stream<DynamicTest> theRecordIsAsItsSchema() {
    return ANSWERS.entrySet().stream()
        .map(answer ->
            DynamicTest.dynamicTest(
                answer.getKey() + " is " + answer.getValue().getSimpleName(),
                () -> {
                  List<String> faults = new ArrayList<>();
                  JsonNode schema = OPENAPI.at("/components/schemas/" + answer.getKey());
                  compare(schema, answer.getValue(), answer.getKey(), faults);
                  assertThat(faults).isEmpty();
                }));
  }

  @Test
  void everySchemaIsOfARecordOrKnownToBeOfNone() {
    Set<String> known = new TreeSet<>(ANSWERS.keySet());
    known.addAll(OTHERS);
    Set<String> described = new TreeSet<>();
    OPENAPI.at("/components/schemas").fieldNames().forEachRemaining(described::add);
    assertThat(described).isEqualTo(known);
  }

  private static void compare(JsonNode schema, Class<?> record, String at, List<String> faults) {
    Map<String, JsonNode> properties = new TreeMap<>();
    Set<String> required = new TreeSet<>();
    collect(schema, properties, required);
    Set<String> names = new TreeSet<>();
    Set<String> always = new TreeSet<>();
    for (RecordComponent component : record.getRecordComponents()) {
      String name = name(component);
      names.add(name);
      boolean optional = component.getAccessor().isAnnotationPresent(JsonInclude.class);
      if (!optional) {
        always.add(name);
      }
      JsonNode property = properties.get(name);
      if (property != null) {
        value(property, component.getAnnotatedType(), optional, at + "." + name, faults);
      }
    }
    if (!names.equals(properties.keySet())) {
      faults.add(at + " has " + names + ", described are " + properties.keySet());
    }
    if (!always.equals(required)) {
      faults.add(at + " always has " + always + ", described are " + required);
    }
  }

  private static void collect(
      JsonNode reference, Map<String, JsonNode> properties, Set<String> required) {
    JsonNode schema = SCHEMAS.resolve(reference);
    schema.path("allOf").forEach(part -> collect(part, properties, required));
    schema.path("properties").properties().forEach(p -> properties.put(p.getKey(), p.getValue()));
    schema.path("required").forEach(name -> required.add(name.asText()));
  }

  private static String name(RecordComponent component) {
    JsonProperty given = component.getAccessor().getAnnotation(JsonProperty.class);
    return given != null
        ? given.value()
        : new PropertyNamingStrategies.SnakeCaseStrategy().translate(component.getName());
  }

  private static void value(
      JsonNode reference, AnnotatedType type, boolean optional, String at, List<String> faults) {
    JsonNode schema = SCHEMAS.resolve(reference);
    Set<String> types = types(schema);
    boolean nullable = type.isAnnotationPresent(Nullable.class) && !optional;
    if (types.remove("null") != nullable) {
      faults.add(at + (nullable ? " may be null" : " is never null"));
    }
    JsonNode described = part(schema);
    if (type.getType() == ActorId.class) {
      if (!types.equals(Set.of("integer", "string"))) {
        faults.add(at + " is a number or a text, described is " + types);
      }
      return;
    }
    String json = jsonType(type.getType());
    if (!types.equals(Set.of(json))) {
      faults.add(at + " is of type " + json + ", described is " + types);
    } else if (json.equals("array")) {
      value(described.path("items"), argument(type, 0), false, at + "[]", faults);
    } else if (rawClass(type.getType()).isRecord()) {
      compare(described, rawClass(type.getType()), at, faults);
    } else if (Map.class.isAssignableFrom(rawClass(type.getType()))) {
      value(described.path("additionalProperties"), argument(type, 1), false, at + "{}", faults);
    }
  }

  /** The type or types of a schema, also of one that offers a choice. */
  private static Set<String> types(JsonNode schema) {
    Set<String> types = new TreeSet<>();
    JsonNode type = schema.path("type");
    if (type.isTextual()) {
      types.add(type.asText());
    }
    type.forEach(one -> types.add(one.asText()));
    schema.path("oneOf").forEach(choice -> types.addAll(types(SCHEMAS.resolve(choice))));
    schema.path("allOf").forEach(part -> types.addAll(types(SCHEMAS.resolve(part))));
    return types;
  }

  /** The schema itself, or of a choice the one that is not null. */
  private static JsonNode part(JsonNode schema) {
    for (JsonNode choice : schema.path("oneOf")) {
      if (!choice.path("type").asText().equals("null")) {
        return SCHEMAS.resolve(choice);
      }
    }
    return schema;
  }

  private static AnnotatedType argument(AnnotatedType type, int index) {
    return ((AnnotatedParameterizedType) type).getAnnotatedActualTypeArguments()[index];
  }

  private static Class<?> rawClass(Type type) {
    return type instanceof ParameterizedType generic
        ? (Class<?>) generic.getRawType()
        : (Class<?>) type;
  }

  private static String jsonType(Type type) {
    Class<?> raw = rawClass(type);
    if (Set.of(long.class, int.class, Long.class, Integer.class).contains(raw)) {
      return "integer";
    }
    if (raw == boolean.class) {
      return "boolean";
    }
    if (Set.of(String.class, Instant.class, LocalDate.class, Hash.class).contains(raw)) {
      return "string";
    }
    if (raw == List.class) {
      return "array";
    }
    if (raw.isRecord() || raw == Details.class || Map.class.isAssignableFrom(raw)) {
      return "object";
    }
    throw new AssertionError("no JSON type is known for " + type);
  }
}
