package io.tallystick.cli.input;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.cli.terminal.Failure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventSplitterTest {

  /** The events of an input, each with its line and column, whatever pieces the input comes in. */
  private static List<String> split(String input) throws InterruptedException {
    return split(input, false);
  }

  private static List<String> split(String input, boolean text) throws InterruptedException {
    byte[] bytes = input.getBytes(UTF_8);
    List<String> whole = split(bytes, bytes.length, text);
    for (int piece = 1; piece < Math.min(bytes.length, 9); piece++) {
      assertThat(split(bytes, piece, text)).as("in pieces of " + piece).isEqualTo(whole);
    }
    return whole;
  }

  private static List<String> split(byte[] bytes, int piece, boolean text)
      throws InterruptedException {
    List<String> events = new ArrayList<>();
    EventSplitter splitter =
        new EventSplitter(
            0,
            "in",
            text,
            (json, place) -> {
              assertThat(place.number()).isEqualTo(events.size() + 1);
              events.add(place.line() + ":" + place.column() + " " + new String(json, UTF_8));
            });
    for (int from = 0; from < bytes.length; from += piece) {
      int length = Math.min(piece, bytes.length - from);
      byte[] chunk = new byte[piece];
      System.arraycopy(bytes, from, chunk, 0, length);
      splitter.feed(chunk, length);
    }
    splitter.end();
    assertThat(splitter.events()).isEqualTo(events.size());
    return events;
  }

  @Test
  void aLineIsAnEvent() throws Exception {
    assertThat(split("{\"a\":1}\n\r\n  {\"b\":\"}\"}\r\n\t\n{\"c\":2}"))
        .containsExactly("1:1 {\"a\":1}", "3:3 {\"b\":\"}\"}\r", "5:1 {\"c\":2}");
    assertThat(split("")).isEmpty();
    assertThat(split(" \n\n")).isEmpty();
  }

  @Test
  void aLineMayBeText() throws Exception {
    assertThat(split("  a b\r\n \n[7] c\n[ {\"a\":1},\n{}]\n[]\n[\n{}]\n {\"b\":2}\n[ x", true))
        .containsExactly(
            "1:3   a b\r",
            "3:1 [7] c",
            "4:3 {\"a\":1}",
            "5:1 {}",
            "8:1 {}",
            "9:2  {\"b\":2}",
            "10:1 [ x");
    assertThatThrownBy(() -> split("[\nx", true)).isInstanceOf(Failure.class);
    assertThatThrownBy(() -> split("[7] c")).isInstanceOf(Failure.class);
  }

  @Test
  void anArrayHoldsEventsInAnyLayout() throws Exception {
    assertThat(split("[{\"a\":1},{\"b\":[{\"c\":\"]\\\"}\"}]}]"))
        .containsExactly("1:2 {\"a\":1}", "1:10 {\"b\":[{\"c\":\"]\\\"}\"}]}");
    assertThat(split("\n[\n  {\n    \"a\": 1\n  },\n  {\n    \"é\": {}\n  }\n]\n"))
        .containsExactly("3:3 {\n    \"a\": 1\n  }", "6:3 {\n    \"é\": {}\n  }");
    assertThat(split("[]")).isEmpty();
    assertThat(split("[{}]\n{}\n[ {} ]")).containsExactly("1:2 {}", "2:1 {}", "3:3 {}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{}            | in, line 1, column 4: the input ends inside an array",
        "[{\"a\":1       | in, line 1, column 8: the input ends inside an array",
        "[{}~ {}]       | in, line 2, column 2: expected , or ]",
        "[{},]          | in, line 1, column 5: expected an event",
        "[~1]           | in, line 2, column 1: expected an event",
        "[[{}]]         | in, line 1, column 2: expected an event",
        "[{\"a\":\"b~\"}] | in, line 1, column 9: a string is not closed on its line",
      })
  void whatIsNoArrayIsNamedByItsPlace(String input, String message) {
    assertThatThrownBy(() -> split(input.replace('~', '\n')))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.exitCode()).isEqualTo(Failure.USAGE))
        .hasMessageStartingWith(message);
  }

  @Test
  void anEventHasALimit() {
    String longest = "x".repeat(EventSplitter.MAX_EVENT_BYTES);
    byte[] fits = longest.getBytes(UTF_8);
    byte[] tooLong = ("\n" + longest + "x").getBytes(UTF_8);
    assertThat(fits).satisfies(bytes -> assertThat(split(bytes, bytes.length, false)).hasSize(1));
    assertThatThrownBy(() -> split(tooLong, tooLong.length, false))
        .hasMessage("in, line 2: this event is longer than 1,048,576 bytes");
  }
}
