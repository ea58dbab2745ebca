package io.tallystick.ingest.syslog;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EventReader;
import io.tallystick.ingest.mapping.Mapped;
import io.tallystick.ingest.mapping.Mappings;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SyslogMessageTest {
  private static final String NEW =
      "<165>1 2026-03-04T08:44:23.000003Z host app 4711 ID47 [a@32473 k=\"v\\\"\\]\\\\\" k=\"2\"][b] ";

  private static ObjectNode read(String text) {
    return SyslogMessage.read(text.getBytes(UTF_8));
  }

  @Test
  void allPartsOfAMessageOfRfc5424() {
    assertThat(read(NEW + "\ufeffhällo [x]").toString())
        .isEqualTo(
            "{\"protocol\":\"rfc5424\",\"facility\":20,\"severity\":5,"
                + "\"timestamp\":\"2026-03-04T08:44:23.000003Z\",\"hostname\":\"host\","
                + "\"app_name\":\"app\",\"procid\":\"4711\",\"msgid\":\"ID47\","
                + "\"structured_data\":{\"a@32473\":{\"k\":[\"v\\\"]\\\\\",\"2\"]},\"b\":{}},"
                + "\"message\":\"hällo [x]\"}");
    assertThat(read(NEW + "ended\n").path("message").asText()).isEqualTo("ended");
    assertThat(read("<0>1 - - - - - -").toString())
        .isEqualTo("{\"protocol\":\"rfc5424\",\"facility\":0,\"severity\":0}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "<34>Oct 11 22:14:15 mymachine su[231]: 'su root' failed | {'protocol':'rfc3164','facility':4,'severity':2,'timestamp':'Oct 11 22:14:15','hostname':'mymachine','app_name':'su','procid':'231','message':'_su root_ failed'}",
        "<13>Feb  5 17:32:18 10.0.0.99 Use the BFG! | {'protocol':'rfc3164','facility':1,'severity':5,'timestamp':'Feb  5 17:32:18','hostname':'10.0.0.99','message':'Use the BFG!'}",
        "<13>2026-03-04T08:44:23+01:00 web1 cron: job | {'protocol':'rfc3164','facility':1,'severity':5,'timestamp':'2026-03-04T08:44:23+01:00','hostname':'web1','app_name':'cron','message':'job'}",
        "<13>sshd: no time | {'protocol':'rfc3164','facility':1,'severity':5,'app_name':'sshd','message':'no time'}",
        "<13>1 2026 broken | {'protocol':'rfc3164','facility':1,'severity':5,'message':'1 2026 broken'}",
        "<13>1 - h a - - [open k=~ | {'protocol':'rfc3164','facility':1,'severity':5,'message':'1 - h a - - [open k=~'}",
        "<192>x | {'protocol':'unknown','message':'<192>x'}",
        "GET / HTTP/1.1 | {'protocol':'unknown','message':'GET / HTTP/1.1'}",
      })
  void olderFormsAndWhatIsNone(String text, String expected) {
    String read = read(text.replace('~', '"')).toString();
    assertThat(read)
        .isEqualTo(
            expected.replace('\'', '"').replace("_su root_", "'su root'").replace("k=~", "k=\\\""));
  }

  @Test
  void everyMessageBecomesAValidEvent() {
    Mappings mappings = Mappings.shipped();
    Mapped mapped = mappings.map(read(NEW + "x".repeat(300)));
    assertThat(mapped.mapping()).isEqualTo("syslog");
    assertThat(mapped.event().path("event_type").asText()).isEqualTo("syslog.app.ID47");
    assertThat(mapped.event().path("severity").asText()).isEqualTo("low");
    assertThat(mapped.event().path("actor_host").asText()).isEqualTo("host");
    assertThat(mapped.event().path("details").path("message").asText()).hasSize(300);
    assertThat(mappings.map(read("GET /")).event().path("event_type").asText())
        .isEqualTo("syslog.message");
    Random random = new Random(3);
    byte[] sample = (NEW + "text").getBytes(UTF_8);
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = sample.clone();
      for (int j = 0; j < 1 + random.nextInt(6); j++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      byte[] json = mappings.map(SyslogMessage.read(bytes)).json();
      assertThat(EventReader.readOne(json, new EventReader.Rules(1, true, false, Entry.LOCAL)))
          .isNotNull();
    }
  }

  private static Frames frames(byte[] stream, int maxBytes) {
    return new Frames(new Incoming(new ByteArrayInputStream(stream), () -> {}), maxBytes);
  }

  private static List<String> frames(String stream, int maxBytes) throws Exception {
    Frames frames = frames(stream.getBytes(ISO_8859_1), maxBytes);
    List<String> messages = new ArrayList<>();
    for (ObjectNode message = frames.next(); message != null; message = frames.next()) {
      messages.add(message.path("message").asText());
    }
    return messages;
  }

  @Test
  void messagesAreCountedOrEndedByLineBreaks() throws Exception {
    assertThat(frames("12 <13>a: b\nc d<13>e: f\n\n<13>g: h\0005 <13>i", 1_000))
        .containsExactly("b\nc d", "f", "h", "i");
    assertThat(frames("20 <13>a: cut off", 1_000)).containsExactly("cut off");
    assertThatThrownBy(() -> frames("12x <13>", 1_000)).isInstanceOf(Frames.Malformed.class);
    assertThatThrownBy(() -> frames("9999999999 <13>", 1_000)).isInstanceOf(Frames.Malformed.class);
  }

  private static ObjectNode first(String stream) throws Exception {
    return Objects.requireNonNull(frames(stream.getBytes(UTF_8), 500).next());
  }

  @Test
  void aMessageThatIsCutOffDoesNotLookWhole() throws Exception {
    ObjectNode counted = first("20 <13>a: cut off");
    assertThat(counted.path("truncated").asBoolean()).isTrue();
    assertThat(counted.path("bytes").asInt()).isEqualTo(20);
    assertThat(counted.path("bytes_received").asInt()).isEqualTo(14);
    assertThat(first("<13>a: cut off").path("unterminated").asBoolean()).isTrue();
    assertThat(first("14 <13>a: cut off").has("truncated")).isFalse();
    assertThat(first("<13>a: whole\n").has("unterminated")).isFalse();
  }

  @Test
  void aMessageThatIsTooLargeIsAStub() throws Exception {
    String large = "<13>app: " + "x".repeat(5_000);
    Frames frames = frames((large.length() + " " + large + "<13>b: next\n").getBytes(UTF_8), 500);
    ObjectNode stub = Objects.requireNonNull(frames.next());
    assertThat(stub.path("app_name").asText()).isEqualTo("app");
    assertThat(stub.path("truncated").asBoolean()).isTrue();
    assertThat(stub.path("bytes").asInt()).isEqualTo(large.length());
    assertThat(stub.path("sha256").asText()).hasSize(64);
    assertThat(Objects.requireNonNull(frames.next()).path("message").asText()).isEqualTo("next");
  }

  @Test
  void jsonInAMessageIsLookedInto() {
    ObjectNode message = read("<13>app: @cee: {\"a\":1}");
    assertThat(SyslogMessage.unpack(message)).isTrue();
    assertThat(message.path("message").path("a").asInt()).isEqualTo(1);
    ObjectNode text = read("<13>app: {\"a\":1} and more");
    assertThat(SyslogMessage.unpack(text)).isFalse();
    assertThat(text.path("message").isTextual()).isTrue();
  }
}
