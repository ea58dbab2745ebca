package io.tallystick.forward.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.forward.Python;
import io.tallystick.forward.Samples;
import io.tallystick.service.answer.EntryView;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class OcsfFormatTest {
  private static final OcsfFormat OCSF = new OcsfFormat();

  private static final List<String> REQUIRED =
      List.of(
          "activity_id",
          "category_uid",
          "class_uid",
          "type_uid",
          "severity_id",
          "time",
          "metadata.product.name",
          "metadata.version");

  private static final Map<Integer, List<String>> REQUIRED_OF_CLASS =
      Map.of(
          3001, List.of("user"),
          3002, List.of("user", "service.name"),
          3004, List.of("entity.name"),
          3005, List.of("user", "privileges"),
          6003, List.of("actor", "api.operation", "src_endpoint"));

  static List<String> types() {
    return Samples.types().toList();
  }

  private static JsonNode json(byte[] record) throws Exception {
    return new ObjectMapper().readTree(record);
  }

  private static JsonNode at(JsonNode event, String path) {
    return event.at("/" + path.replace('.', '/'));
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyEventHasWhatItsClassRequires(String type) throws Exception {
    for (EntryView entry : List.of(Samples.bare(7, type), Samples.full(8, type, Samples.HOSTILE))) {
      JsonNode event = json(OCSF.format(Samples.forwarded(3, entry)));
      assertThat(REQUIRED)
          .allSatisfy(path -> assertThat(at(event, path).isMissingNode()).as(path).isFalse());
      int uid = event.path("class_uid").asInt();
      assertThat(event.path("type_uid").asInt())
          .isEqualTo(100 * uid + event.path("activity_id").asInt());
      assertThat(event.path("category_uid").asInt()).isEqualTo(uid / 1_000);
      assertThat(REQUIRED_OF_CLASS.get(uid))
          .allSatisfy(path -> assertThat(at(event, path).isMissingNode()).as(path).isFalse());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "auth.login.failed, 300201",
    "auth.login.success, 300201",
    "auth.session.expired, 300202",
    "user.created, 300101",
    "user.deleted, 300106",
    "user.password.changed, 300103",
    "user.updated, 300199",
    "user.level.changed, 300501",
    "api_key.created, 300401",
    "config.changed, 300403",
    "api_key.revoked, 300404",
    "quota.exceeded, 300499",
    "job.approved, 600399",
  })
  void theTypeDecidesTheClassAndTheActivity(String type, int typeUid) throws Exception {
    assertThat(
            json(OCSF.format(Samples.forwarded(1, Samples.bare(1, type)))).path("type_uid").asInt())
        .isEqualTo(typeUid);
  }

  /** The published schema allows no attribute that it does not know. */
  @Test
  void thePublishedSchemaFindsNothingWrong() throws Exception {
    ByteArrayOutputStream events = new ByteArrayOutputStream();
    int count = 0;
    for (String type : types()) {
      for (EntryView entry :
          List.of(
              Samples.bare(7, type),
              Samples.full(8, type, "alice"),
              Samples.full(9, type, Samples.HOSTILE))) {
        events.writeBytes(OCSF.format(Samples.forwarded(3, entry)));
        events.write('\n');
        count++;
      }
    }
    for (byte[] other :
        List.of(
            OCSF.format(new Forwarded("o", "s", 1, Samples.longest(1), List.of(), "{\"id\":1}")),
            OCSF.marker(Samples.marker(1, "checkpoint\n")),
            OCSF.reduced(
                new Reduced("o", "s", 1, 2, "00", Samples.TIME, "deploy", 70_000, null)))) {
      events.writeBytes(other);
      events.write('\n');
      count++;
    }
    assertThat(
            Python.ask(
                "ocsf.py",
                events.toByteArray(),
                List.of(OcsfFormat.VERSION),
                "ocsf_json_schema",
                "jsonschema"))
        .containsExactly(count + " events");
  }
}
