package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every view, wide and on a phone, light and dark: accessible, quiet, and kept as a picture. */
class PagePicturesIT {
  @TempDir Path data;

  @Test
  void everyViewIsAccessibleInEverySize() throws Exception {
    Events.fillDays(data, 7, 3);
    try (TestServer server = TestServer.start(data);
        Browser browser = Browser.start(server.server.port(), data)) {
      String key = server.key("operations", Permission.values());
      Events.append(server.log, Events.hostile());
      Events.append(server.log, Events.ordinary(120));
      long submitted = Events.append(server.log, List.of(Events.ordinary(2).get(1)));
      Events.append(server.log, List.of(Event.of("auth.logout")));
      browser.open("/");
      browser.find("input[name=key]");
      shoot(browser, "sign-in");
      browser.signIn("/verify", key);
      browser.click("#run-verify");
      browser.find("#verify-result");
      shoot(browser, "verify");
      browser.open("/");
      browser.find("tr[data-id]");
      shoot(browser, "list");
      browser.open(
          "/?event_type=auth.login.failed&event_type=user.level.changed&last=24h&actor_username=root");
      browser.find(".chips");
      browser.find("tr[data-id]");
      shoot(browser, "filtered");
      browser.open("/?event_type=security.suspicious");
      browser.find(".chips");
      browser.find("tr[data-id]");
      shoot(browser, "hostile");
      browser.open("/?actor_username=nobody");
      browser.find(".empty");
      shoot(browser, "empty");
      browser.open("/entries/" + submitted);
      browser.find("#proof:not([data-verdict=running])");
      browser.find(".chain-box");
      shoot(browser, "entry");
      browser.click("#trust-key");
      browser.find("#proof[data-verdict=good]");
      shoot(browser, "proof");
      browser.open("/overview");
      browser.find("#card-total");
      shoot(browser, "overview");
      browser.open("/checkpoints");
      browser.find(".notice, .checkpoints");
      shoot(browser, "checkpoints");
      browser.open("/retention");
      browser.click("#place-hold");
      browser.type("#hold-form input[name=first_id]", "20");
      browser.type("#hold-form input[name=last_id]", "30");
      browser.type("#hold-form textarea", "Case 4711");
      shoot(browser, "place-hold");
      browser.click("#hold-form button[type=submit]");
      browser.find("tr[data-hold]");
      shoot(browser, "retention");
      browser.open("/keys");
      browser.find("tr[data-key]");
      shoot(browser, "keys");
      assertThat(barriers).isEmpty();
      browser.assertQuiet();
    }
  }

  private final List<String> barriers = new ArrayList<>();

  private void shoot(Browser browser, String name) throws Exception {
    for (String colours : List.of("light", "dark")) {
      browser.colours(colours);
      browser.size(1440, 900);
      shoot(browser, name + "-wide-" + colours, barriers);
      browser.size(390, 844);
      shoot(browser, name + "-phone-" + colours, barriers);
    }
    browser.size(1440, 900);
  }

  private static void shoot(Browser browser, String name, List<String> barriers) throws Exception {
    browser.script("scrollTo(0, 0)");
    browser.picture(name);
    if (!Boolean.TRUE.equals(
        browser.script("return document.documentElement.scrollWidth <= innerWidth"))) {
      barriers.add(name + ": wider than the screen");
    }
    // Axe takes a second; colours differ in contrast only, and a phone has those of the rest.
    if (name.endsWith("wide-light") || name.endsWith("phone-dark")) {
      browser.barriers().forEach(barrier -> barriers.add(name + ": " + barrier));
    } else if (name.endsWith("wide-dark")) {
      browser.barriers("color-contrast").forEach(barrier -> barriers.add(name + ": " + barrier));
    }
  }
}
