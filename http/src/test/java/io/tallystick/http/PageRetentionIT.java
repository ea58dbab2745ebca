package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.service.access.Permission;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What retention took out of the log, and legal holds, on the page. */
class PageRetentionIT {
  @TempDir Path data;

  private TestServer server;
  private Browser browser;
  private String key;

  @BeforeEach
  void open() throws Exception {
    Events.fillDays(data, 3, 6);
    server = TestServer.start(data);
    browser = Browser.start(server.server.port(), data);
    key = server.key("operations", Permission.values());
  }

  @AfterEach
  void close() throws Exception {
    browser.close();
    server.close();
  }

  private JsonNode retain(int days) throws Exception {
    HttpResponse<String> answer =
        server.post(
            "/api/audit/retention",
            key,
            "application/json",
            ("{\"days\":" + days + "}").getBytes(StandardCharsets.UTF_8));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestServer.JSON.readTree(answer.body());
  }

  @Test
  void whatWasTakenOutIsSaidWhereSomebodyLooksForIt() throws Exception {
    browser.signIn("/overview", key);
    browser.awaitText("#card-oldest", "UTC");
    JsonNode removed = retain(2).get("removed");
    long first = server.log.reader().firstId();
    assertThat(first).isGreaterThan(1);
    browser.open("/overview");
    browser.awaitText("#card-oldest", (first - 1) + " before it archived");
    assertThat(browser.text("#card-total .figure"))
        .isEqualTo(String.format(Locale.ROOT, "%,d", server.log.lastId() - first + 1));
    browser.click("#card-oldest a");
    browser.await("the entries that record it", () -> browser.ids().size() == removed.size());

    browser.open("/entries/1");
    browser.awaitText(".empty", "Entry 1 was removed");
    assertThat(browser.text(".empty"))
        .contains("archive/" + removed.get(0).get("archive").asText())
        .contains("the log begins at entry " + first);
    assertThat(browser.barriers()).isEmpty();
    browser.open("/entries/" + first);
    browser.awaitText("#chain", "no longer in the log");
    browser.click("#proof:not([data-verdict=running]) #trust-key");
    browser.find("#proof[data-verdict=good]");
    browser.open("/retention");
    browser.awaitText("#horizon", removed.get(0).get("archive_sha256").asText());
    browser.click("#horizon tbody tr:last-child a");
    browser.awaitText("[data-field=event_type]", "audit.retention.archived");
    browser.open("/verify");
    browser.click("#run-verify");
    browser.awaitText("#verify-result[data-valid=true]", first + " to ");
    browser.assertQuiet();
  }

  @Test
  void aHoldIsPlacedKeepsItsEntriesAndIsReleased() throws Exception {
    browser.signIn("/retention", key);
    browser.awaitText(".empty", "No hold is in force");
    browser.click("#place-hold");
    browser.type("#hold-form input[name=first_id]", "1");
    browser.type("#hold-form input[name=last_id]", "999999");
    browser.type("#hold-form textarea", "Case 4711 <b>");
    assertThat(browser.barriers()).isEmpty();
    browser.click("#hold-form button[type=submit]");
    browser.awaitText("#hold-form .notice.is-bad", "not a range of this log");
    browser.type("#hold-form input[name=last_id]", "9");
    browser.click("#hold-form button[type=submit]");
    browser.awaitText("tr[data-hold]", "Case 4711 <b>");
    assertThat(browser.text("tr[data-hold]")).contains("1 – 9", "operations");
    assertThat(browser.barriers()).isEmpty();
    assertThat(retain(1).get("removed")).isEmpty();

    browser.click("tr[data-hold] button");
    browser.awaitText("dialog", "Case 4711 <b>");
    browser.click("#confirm-release");
    browser.awaitText(".empty", "No hold is in force");
    assertThat(retain(1).get("removed")).isNotEmpty();
    assertThat(server.typesFrom(server.log.reader().firstId()))
        .contains("audit.hold.placed", "audit.hold.released");
    browser.assertQuiet();
  }
}
