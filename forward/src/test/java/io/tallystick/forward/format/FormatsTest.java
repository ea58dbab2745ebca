package io.tallystick.forward.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.forward.Samples;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.service.answer.EntryView;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every format must do, whatever stands in an entry. */
class FormatsTest {
  static List<Format> formats() {
    return List.of(new OcsfFormat(), new EcsFormat(), new CefFormat(), new OtlpFormat());
  }

  private static List<EntryView> entries() {
    return List.of(
        Samples.bare(7, "auth.logout"),
        Samples.full(8, "user.level.changed", Samples.HOSTILE),
        Samples.full(9, "deploy", "externalId=5 cs1=ff|x"),
        Samples.longest(10));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aRecordIsOneLineAndTheSameEachTime(Format format) {
    for (EntryView entry : entries()) {
      byte[] record = format.format(Samples.forwarded(3, entry));
      assertThat(record).isEqualTo(format.format(Samples.forwarded(3, entry)));
      assertThat(new String(record, UTF_8)).doesNotContain("\n", "\r");
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aRecordTellsWhichEntryItIs(Format format) {
    for (EntryView entry : entries()) {
      Held held = format.read(format.format(Samples.forwarded(3, entry))).orElseThrow();
      assertThat(held.id()).as(format.name()).isEqualTo(entry.id());
      assertThat(held.seq()).isEqualTo(3);
      assertThat(held.hash()).isEqualTo(entry.hash().toString());
    }
    Reduced reduced =
        new Reduced(
            "o", "s", 3, 11, "aa", Samples.TIME, "deploy", 70_000, "{\"externalId=9 \":\"|\"}");
    Held held = format.read(format.reduced(reduced)).orElseThrow();
    assertThat(held.id()).isEqualTo(11);
    assertThat(held.seq()).isEqualTo(3);
    assertThat(held.hash()).isEqualTo("aa");
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aMarkerIsNoRecordOfAnEntryAndSaysEverything(Format format) {
    Marker marker = Samples.marker(4, "log.example\n99\nroot\n\n— sig\n");
    byte[] record = format.marker(marker);
    assertThat(format.read(record)).isEqualTo(Optional.empty());
    assertThat(new String(record, UTF_8))
        .doesNotContain("\n")
        .contains(
            Marker.EVENT_TYPE, marker.root().toString(), marker.hash().toString(), "log.example");
  }

  @ParameterizedTest
  @MethodSource("formats")
  void whatIsNoRecordHasNoId(Format format) {
    for (String other : List.of("", "{}", "CEF:0|x", "[1]", "\"text\"", "CEF:0|a|b|c|d\\|e|f|1|")) {
      assertThat(format.read(other.getBytes(UTF_8)))
          .hasValueSatisfying(held -> assertThat(held.id()).isZero());
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void detailsKeepEveryNumberAsItWas(Format format) throws Exception {
    byte[] record = format.format(Samples.forwarded(3, Samples.full(8, "deploy", "alice")));
    String text = new String(record, UTF_8);
    if (format instanceof OtlpFormat) {
      JsonNode log = new ObjectMapper().readTree(record);
      assertThat(log.path("timeUnixNano").asText()).isEqualTo("1795403100500000000");
      assertThat(text).contains("{\"key\":\"n\",\"value\":{\"doubleValue\":1.0}}");
    } else if (format instanceof CefFormat) {
      assertThat(text).contains("\"n\":1.0,\"big\":12345678901234567890,\"e\":1E5");
    } else {
      assertThat(text)
          .contains(
              "\"details\":{\"level\":\"admin\",\"n\":1.0,\"big\":12345678901234567890,\"e\":1E5");
    }
  }

  /** Java writes numbers with the digits of the machine's language, unless it is told not to. */
  @Test
  void theHashOfAMarkerIsTheSameOnEveryMachine() {
    Locale before = Locale.getDefault();
    String hash = Samples.marker(4, null).hash().toString();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      assertThat(Samples.marker(4, null).hash().toString()).isEqualTo(hash);
    } finally {
      Locale.setDefault(before);
    }
  }
}
