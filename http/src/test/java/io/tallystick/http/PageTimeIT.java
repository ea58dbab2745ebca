package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Times on the page, in Berlin in the night in which 02:00 to 03:00 happens twice. */
class PageTimeIT {
  private static final List<String> TIMES =
      List.of(
          "2025-10-25T21:59:59.5Z",
          "2025-10-25T22:00:00Z",
          "2025-10-26T00:30:00Z",
          "2025-10-26T01:30:00Z",
          "2025-10-26T12:00:00Z",
          "2025-10-26T23:30:00Z",
          "2025-10-27T00:00:00Z");

  @TempDir Path data;

  private TestServer server;
  private Browser browser;

  @BeforeEach
  void open() throws Exception {
    Instant[] now = {Instant.EPOCH};
    InstantSource hands = () -> now[0];
    LogConfig config = LogConfig.builder().clock(hands.withZone(ZoneOffset.UTC)).build();
    try (AuditLog log = AuditLog.open(data, config)) {
      for (String time : TIMES) {
        now[0] = Instant.parse(time);
        Events.append(log, List.of(Event.of("auth.logout")));
      }
    }
    server = TestServer.start(data);
    browser = Browser.start(server.server.port(), data);
    browser.zone("Europe/Berlin");
    browser.signIn("/checkpoints", server.key("reader", Permission.ADMIN_AUDIT));
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.zone("");
      browser.close();
    }
    server.close();
  }

  private String value(String field) {
    browser.find("input[name=" + field + "]");
    return String.valueOf(
        browser.script("return document.querySelector(arguments[0]).value", field(field)));
  }

  private static String field(String name) {
    return "input[name=" + name + "]";
  }

  private void choose(String field, String local) {
    browser.find(field(field));
    browser.script(
        "const i = document.querySelector(arguments[0]); i.value = arguments[1];"
            + " i.dispatchEvent(new Event('change', {bubbles: true}))",
        field(field),
        local);
  }

  private String row(long id, String css) {
    return browser.text("tr[data-id='" + id + "'] " + css);
  }

  @Test
  void theFieldsShowTheTimesThatAreApplied() {
    // A date begins and ends in UTC, and an until includes its day to the last nanosecond.
    browser.open("/?since=2025-10-26&until=2025-10-26");
    browser.await("the day in UTC", () -> browser.ids().equals(List.of(7L, 6L, 5L, 4L)));
    assertThat(value("since")).startsWith("2025-10-26T02:00");
    assertThat(value("until")).startsWith("2025-10-27T00:59:59");
    assertThat(browser.text("#applied-until")).isEqualTo("2025-10-27 00:59:59.999999999 +01:00");
    assertThat(browser.text("#applied-since")).isEqualTo("2025-10-26 02:00:00 +02:00");
    assertThat(browser.text(".chips"))
        .contains("2025-10-26 02:00:00 +02:00", "2025-10-27 00:59:59.999999999 +01:00");

    // Without an offset a time is UTC; with one it is that.
    browser.open("/?since=2025-10-26T01:30:00&until=2025-10-26T13:00:00%2B01:00");
    browser.await("these hours", () -> browser.ids().equals(List.of(6L, 5L)));
    assertThat(value("since")).startsWith("2025-10-26T02:30");
    assertThat(browser.text("#applied-since")).isEqualTo("2025-10-26 02:30:00 +01:00");
    assertThat(value("until")).startsWith("2025-10-26T13:00");

    browser.open("/?until=2025-10-25T21:59:59.6Z");
    browser.await("the first", () -> browser.ids().equals(List.of(2L, 1L)));
    assertThat(value("until")).isEqualTo("2025-10-25T23:59:59.6");
    browser.assertQuiet();
  }

  @Test
  void theHourThatExistsTwiceIsToldApart() throws Exception {
    browser.open("/");
    browser.find("tr[data-id='4']");
    assertThat(row(4, ".c-time")).contains("02:30:00.000").contains("+02:00");
    assertThat(row(5, ".c-time")).contains("02:30:00.000").contains("+01:00");
    browser.open("/entries/5");
    browser.awaitText("[data-field=timestamp]", "02:30:00.000 +01:00");

    browser.open("/");
    browser.click("[data-last=custom]");
    choose("since", "2025-10-26T02:30:00");
    browser.awaitText("#applied-since", "2025-10-26 02:30:00 +02:00");
    assertThat(browser.ids()).contains(4L);
    browser.click("button[data-offset='+01:00']");
    browser.await("from the second on", () -> browser.ids().getLast() == 5);
    assertThat(browser.text("#applied-since")).isEqualTo("2025-10-26 02:30:00 +01:00");
    assertThat(value("since")).startsWith("2025-10-26T02:30");
    browser.picture("twice-wide-light");
    assertThat(browser.barriers()).isEmpty();
    browser.click("button[data-offset='+02:00']");
    browser.await("from the first on", () -> browser.ids().getLast() == 4);
    choose("since", "2025-10-26T12:30:00");
    browser.awaitText("#applied-since", "12:30:00 +01:00");
    assertThat(browser.all("button[data-offset]")).isEmpty();
    browser.assertQuiet();
  }
}
