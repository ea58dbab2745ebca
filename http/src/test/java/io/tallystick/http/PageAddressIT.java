package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses that the page does not know: it says so instead of showing something else. */
class PageAddressIT {
  @TempDir Path data;

  private TestServer server;
  private Browser browser;

  @BeforeEach
  void open() throws Exception {
    server = TestServer.start(data);
    browser = Browser.start(server.server.port(), data);
    Events.append(server.log, Events.ordinary(20));
    browser.signIn("/", server.key("reader", Permission.ADMIN_AUDIT));
    browser.find("tr[data-id]");
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
    server.close();
  }

  @Test
  void aParameterThatTheListDoesNotHaveIsNamedAndNoOtherListIsShown() throws Exception {
    browser.open("/?actor=root&event_type=auth.login.failed");
    browser.awaitText("#not-supported", "actor");
    assertThat(browser.text("#not-supported"))
        .contains("Unknown parameter", "actor_username", "target_type", "since", "until", "live");
    assertThat(browser.ids()).isEmpty();
    assertThat(browser.all("#export")).isEmpty();
    assertThat(browser.barriers()).isEmpty();
    browser.click("#not-supported button");
    browser.await("the rest", () -> !browser.ids().isEmpty());
    assertThat(browser.driver.getCurrentUrl()).endsWith("/?event_type=auth.login.failed");
    assertThat(browser.all("#not-supported")).isEmpty();
  }

  @Test
  void aValueThatAParameterDoesNotHaveIsNamed() throws Exception {
    for (String[] wrong :
        new String[][] {
          {"last=2h", "1h, 24h, 7d"},
          {"security=yes", "true"},
          {"live=1", "true"},
          {"actor_id=1&actor_id=2", "once"},
          {"last=24h&since=2026-01-01", "last"},
        }) {
      browser.open("/?" + wrong[0]);
      browser.awaitText("#not-supported", wrong[1]);
      assertThat(browser.ids()).as(wrong[0]).isEmpty();
    }
    browser.open("/?security=false");
    browser.find("tr[data-id]");
  }

  @Test
  void aViewWithoutParametersSaysThatItIgnoresThem() throws Exception {
    browser.open("/overview?since=2026-01-01");
    browser.awaitText("#not-supported", "since");
    browser.find("#card-total");
    browser.open("/verify");
    browser.find("#run-verify");
    assertThat(browser.all("#not-supported")).isEmpty();
  }

  @Test
  void aPathThatIsNotThereIsAPageWithAWayBack() throws Exception {
    browser.open("/entires/5");
    browser.awaitText("main", "There is no page at this address");
    assertThat(browser.barriers()).isEmpty();
    browser.picture("not-found-wide-light");
    browser.click("main a");
    browser.find("tr[data-id]");
    browser.open("/keys/");
    browser.awaitText("main", "Your key may not see this view");
    browser.assertQuiet();
  }
}
