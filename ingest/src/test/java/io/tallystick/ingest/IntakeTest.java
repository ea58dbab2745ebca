package io.tallystick.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.ingest.mapping.InvalidMappingException;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.tlog.Sha256;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntakeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String GIT =
      "{\"@timestamp\":1772613858553,\"_document_id\":\"x\",\"action\":\"git.clone\",\"actor\":\"octo\"}";

  private static final Mappings AUTO = Mappings.named("auto");

  private final Intake intake = new Intake("gh", AUTO);

  private static JsonNode json(String text) throws Exception {
    return JSON.readTree(text);
  }

  private Event read(String content, @Nullable String id) throws Exception {
    return intake.read(new Intake.Document(json(content), id), "key", Map.of());
  }

  private static JsonNode details(Event event) throws Exception {
    return json(String.valueOf(event.details()));
  }

  @Test
  void anEventThatAMappingKnowsIsMapped() throws Exception {
    Event event = read(GIT, "42");
    assertThat(event.eventType()).isEqualTo("git.clone");
    assertThat(event.eventId()).isEqualTo("gh/42");
    assertThat(intake.counts()).isEqualTo(new Intake.Counts(1, 0, 0));
  }

  @Test
  void withoutAnIdOfTheProtocolTheMappingsCountsBelowTheName() throws Exception {
    assertThat(read(GIT, null).eventId()).isEqualTo("gh/x");
    Intake unnamed = new Intake(null, Mappings.named("github"));
    assertThat(unnamed.read(new Intake.Document(json(GIT), null), null, Map.of()).eventId())
        .isEqualTo("x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\u0000b", "\ud800", "ab"})
  void anyIdBecomesAValidOneThatIsTheSameTheNextTime(String id) throws Exception {
    String whole = id.equals("ab") ? "ab".repeat(500) : id;
    String first = read(GIT, whole).eventId();
    assertThat(first).startsWith("gh/sha256:").isEqualTo(read(GIT, whole).eventId());
  }

  @Test
  void whatNoMappingKnowsIsKeptRaw() throws Exception {
    Event event = read("{\"a\":[1,null]}", "7");
    assertThat(event.eventType()).isEqualTo(Mappings.UNMAPPED);
    assertThat(event.eventId()).isEqualTo("gh/7");
    assertThat(details(event).get("event")).isEqualTo(json("{\"a\":[1,null]}"));
    assertThat(intake.counts()).isEqualTo(new Intake.Counts(0, 0, 1));
  }

  /** What a key stamps is not the document's to say, and the document is not lost for saying it. */
  @Test
  void whatContradictsTheStampOfTheKeyIsKeptRawUnderTheStamp() throws Exception {
    String content = GIT.replace("}", ",\"org\":\"globex\"}");
    Map<EntryField, String> stamp = Map.of(EntryField.TENANT, "acme");
    Event event = intake.read(new Intake.Document(json(content), null), "key", stamp);
    assertThat(event.eventType()).isEqualTo(Mappings.UNMAPPED);
    assertThat(event.text(EntryField.TENANT)).isEqualTo("acme");
    assertThat(details(event).get("event")).isEqualTo(json(content));
  }

  /** Only the log itself writes these, and what says so is evidence too. */
  @Test
  void aTypeOfTheLogItselfIsKeptRaw() throws Exception {
    String content = GIT.replace("git.clone", "audit.hold.released");
    Event event = read(content, null);
    assertThat(event.eventType()).isEqualTo(Mappings.UNMAPPED);
    assertThat(details(event).get("event")).isEqualTo(json(content));
  }

  @Test
  void whatIsCutIsCountedAsAltered() throws Exception {
    Event event = read(GIT.replace("octo", "o".repeat(300)), null);
    assertThat(event.altered()).containsExactly(EntryField.ACTOR_USERNAME);
    assertThat(intake.counts()).isEqualTo(new Intake.Counts(1, 1, 0));
  }

  /** The fields are searchable still, and the hash says what the whole was. */
  @ParameterizedTest
  @ValueSource(ints = {60_000, 200_000})
  void detailsThatHaveNoRoomAreCutWithSizeAndHash(int length) throws Exception {
    String content = GIT.replace("}", ",\"more\":\"" + "y".repeat(length) + "\"}");
    Event event = read(content, null);
    assertThat(event.eventType()).isEqualTo("git.clone");
    assertThat(event.actorUsername()).isEqualTo("octo");
    JsonNode details = details(event);
    byte[] original = JSON.writeValueAsBytes(json(content));
    assertThat(details.get("bytes").asInt()).isEqualTo(original.length);
    assertThat(details.get("sha256").asText())
        .isEqualTo(HexFormat.of().formatHex(Sha256.of(original)));
    assertThat(new String(original, UTF_8)).startsWith(details.get("text").asText());
  }

  @Test
  void aBeginningOfTheWorstCharactersHasRoomWithAllThatAKeyAdds() throws Exception {
    JsonNode worst =
        JSON.createObjectNode()
            .put("a", "\u0001".repeat(100_000))
            .put("b", "\ud83d\ude00".repeat(9_000));
    for (JsonNode each : new JsonNode[] {worst, new TextNode("\u0001".repeat(100_000))}) {
      Intake.Document document = new Intake.Document(each, "\u0001".repeat(125));
      Map<EntryField, String> stamp = Map.of(EntryField.TENANT, "\u0001".repeat(128));
      Event event = intake.read(document, "\u0001".repeat(64), stamp);
      assertThat(event.eventType()).isEqualTo(Mappings.UNMAPPED);
      assertThat(details(event).get("sha256").asText()).hasSize(64);
    }
  }

  @Test
  void whatIsInAnEnvelopeIsMappedAndTheEnvelopeKept() throws Exception {
    JsonNode content = json("{\"host\":\"h\",\"event\":" + GIT + "}");
    Event event = intake.read(new Intake.Document(content, "1", "event"), null, Map.of());
    assertThat(event.eventType()).isEqualTo("git.clone");
    assertThat(details(event).get("envelope")).isEqualTo(json("{\"host\":\"h\"}"));

    JsonNode unknown = json("{\"host\":\"h\",\"event\":{\"a\":1}}");
    Event raw = intake.read(new Intake.Document(unknown, "2", "event"), null, Map.of());
    assertThat(details(raw).get("event")).isEqualTo(unknown);
  }

  @Test
  void anotherEventUnderTheSameIdHasADistinctOne() throws Exception {
    Event one = read(GIT, "1");
    Event other = read(GIT.replace("octo", "mallory"), "1");
    assertThat(Intake.withDistinctId(one).eventId())
        .isEqualTo(Intake.withDistinctId(read(GIT, "1")).eventId())
        .isNotEqualTo(Intake.withDistinctId(other).eventId())
        .startsWith("gh/1~");
    assertThat(Intake.withDistinctId(read(GIT, "i".repeat(125))).eventId()).startsWith("sha256:");
  }

  @Test
  void aMappingThatIsNotThereIsRefusedWithThoseThatAre() {
    assertThatThrownBy(() -> Mappings.named("githup"))
        .isInstanceOf(InvalidMappingException.class)
        .hasMessageContaining("\"githup\"; there are auto, auditd, cloudevents, cloudtrail");
  }
}
