package io.tallystick.http.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContentTypeTest {
  @ParameterizedTest
  @CsvSource({
    "application/json, application/json, true",
    "'  Application/JSON ', application/json, true",
    "application/json;charset=UTF-8, application/json, true",
    "application/json; charset=\"utf-8\", application/json, true",
    "application/json; charset=\"ut\\f-8\", application/json, true",
    "application/json ; Charset=utf-8 ; a=b, application/json, true",
    "application/json;, application/json, true",
    "application/json; charset=utf-16, application/json, false",
    "application/json; charset=\"utf-8;\", application/json, false",
    "application/jsonp, application/jsonp, true",
    "application/vnd.x+json, application/vnd.x+json, true"
  })
  void aTypeAndItsCharset(String header, String mediaType, boolean utf8) {
    ContentType type = ContentType.parse(header).orElseThrow();
    assertThat(type.mediaType()).isEqualTo(mediaType);
    assertThat(type.isUtf8()).isEqualTo(utf8);
  }

  @Test
  void aQuotedParameterMayHoldWhatSeparatesOthers() {
    assertThat(
            ContentType.parse("a/b; x=\"1; charset=utf-16, \\\"\"; y=2").orElseThrow().parameters())
        .isEqualTo(Map.of("x", "1; charset=utf-16, \"", "y", "2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "json",
        "application/",
        "/json",
        "application /json",
        "application/json, text/html",
        "application/json charset=utf-8",
        "application/json; charset",
        "application/json; charset=",
        "application/json; charset = utf-8",
        "application/json; charset=\"utf-8",
        "application/json; charset=\"utf-8\"x",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json; CHARSET=utf-8; charset=utf-8",
        "application/json\u00a0",
        "application/json; charset=\u00fc"
      })
  void whatIsNotWellFormedIsNoType(String header) {
    assertThat(ContentType.parse(header)).isEmpty();
    assertThat(ContentType.parse(null)).isEmpty();
  }
}
