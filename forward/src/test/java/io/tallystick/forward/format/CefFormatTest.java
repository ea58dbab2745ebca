package io.tallystick.forward.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.forward.Python;
import io.tallystick.forward.Samples;
import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CefFormatTest {
  private static final CefFormat CEF = new CefFormat();

  /** A key stands at the beginning or after a space, before an equals sign that nothing escapes. */
  private static final Pattern KEY = Pattern.compile("(?:^| )([A-Za-z0-9]+)=");

  private static final Pattern HEADER =
      Pattern.compile("CEF:0((?:\\|(?:[^|\\\\\\n]|\\\\\\\\|\\\\\\|)*){6})\\|(.*)", Pattern.DOTALL);

  static List<String> types() {
    return Samples.types().toList();
  }

  /** Parses a line as the standard says, without looking at how we write it. */
  private static Map<String, String> parse(String line) {
    Matcher header = HEADER.matcher(line);
    assertThat(header.matches()).as(line).isTrue();
    Map<String, String> fields = new LinkedHashMap<>();
    String[] parts = header.group(1).split("(?<!\\\\)(?:\\\\\\\\)*\\|", -1);
    fields.put("signature", parts[4]);
    Matcher key = KEY.matcher(header.group(2));
    String name = "";
    int from = 0;
    while (key.find()) {
      if (!name.isEmpty()) {
        put(fields, name, header.group(2).substring(from, key.start()));
      }
      name = key.group(1);
      from = key.end();
    }
    put(fields, name, header.group(2).substring(from));
    return fields;
  }

  private static void put(Map<String, String> fields, String key, String value) {
    assertThat(value).as(key).matches("(?s)(?:[^\\\\=]|\\\\[\\\\=nr])*+");
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\\') {
        char next = value.charAt(++i);
        plain.append(next == 'n' ? '\n' : next == 'r' ? '\r' : next);
      } else {
        plain.append(c);
      }
    }
    assertThat(fields.put(key, plain.toString())).as("key %s twice", key).isNull();
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyValueComesBackWhateverItContains(String type) {
    Map<String, String> fields =
        parse(
            new String(
                CEF.format(Samples.forwarded(3, Samples.full(9, type, Samples.HOSTILE))), UTF_8));
    String seen =
        Samples.HOSTILE
            .replace('\u2028', '\n')
            .replace('\u0085', '\n')
            .replaceAll("[\t\u0001]", " ");
    assertThat(fields)
        .containsEntry("signature", type)
        .containsEntry("suser", seen)
        .containsEntry("cs4", seen)
        .containsEntry("msg", seen)
        .containsEntry("externalId", "9")
        .containsEntry("cs1", Samples.hash(9).toString())
        .containsEntry("cs1Label", "hash")
        .containsEntry("cn1", "3")
        .containsEntry("c6a2", "2001:db8::1")
        .containsEntry("rt", "1795403109123")
        .containsEntry("start", "1795403100500");
    assertThat(fields.get("cs6")).startsWith("{\"level\":\"admin\"");
  }

  @Test
  void longValuesAreCutBetweenCharacters() {
    Map<String, String> fields =
        parse(new String(CEF.format(Samples.forwarded(3, Samples.longest(8))), UTF_8));
    assertThat(fields.get("cs6")).hasSize(4_000);
    Details details = Details.parse("{\"t\":\"x" + "\ud83d\ude00".repeat(3_000) + "\"}");
    String line =
        new String(
            CEF.format(
                Samples.forwarded(
                    3, Samples.view(8, Event.builder("deploy").details(details).build()))),
            UTF_8);
    assertThat(line).endsWith("\ud83d\ude00").doesNotContain("?");
  }

  /** pycef knows no escapes in the header and leaves those of values as they are. */
  @Test
  void anIndependentParserFindsTheSameFields() throws Exception {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    List<String> types = types();
    for (String type : types) {
      lines.writeBytes(CEF.format(Samples.forwarded(3, Samples.full(8, type, "alice smith"))));
      lines.write('\n');
    }
    List<String> parsed = Python.ask("cef.py", lines.toByteArray(), List.of(), "pycef");
    assertThat(parsed).hasSameSizeAs(types);
    for (int i = 0; i < parsed.size(); i++) {
      JsonNode fields = new ObjectMapper().readTree(parsed.get(i));
      assertThat(fields.path("DeviceEventClassID").asText()).isEqualTo(types.get(i));
      assertThat(fields.path("suser").asText()).isEqualTo("alice smith");
      assertThat(fields.path("src").asText()).isEqualTo("203.0.113.9");
      assertThat(fields.path("hash").asText()).isEqualTo(Samples.hash(8).toString());
      assertThat(fields.path("seq").asText()).isEqualTo("3");
      assertThat(fields.path("origin").asText()).isEqualTo(Samples.ORIGIN);
    }
  }
}
