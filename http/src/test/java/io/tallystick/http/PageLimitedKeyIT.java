package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.access.KeySpec;
import io.tallystick.service.access.Permission;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page for a key that sees one tenant: every view, and nothing of the other tenant in it. */
class PageLimitedKeyIT {
  @TempDir Path data;

  private TestServer server;
  private Browser browser;
  private String key;
  private long own;

  @BeforeEach
  void open() throws Exception {
    server = TestServer.start(data);
    browser = Browser.start(server.server.port(), data);
    key =
        server.key(
            new KeySpec(
                "acme-viewer",
                Set.of(Permission.ADMIN_AUDIT),
                false,
                new Scope(Map.of(EntryField.TENANT, new TreeSet<>(List.of("acme")))),
                Map.of(),
                List.of(),
                null));
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      events.add(event(i, "globex", "secretive"));
      events.add(event(i, "acme", "ann"));
    }
    own = server.log.append(events, "shared-app").get().lastId();
    server.log.append(List.of(event(1, "globex", "secretive")), "shared-app").get();
  }

  @AfterEach
  void close() throws Exception {
    browser.close();
    server.close();
  }

  private static Event event(int i, String tenant, String who) {
    return Event.builder(i % 5 == 0 ? "auth.login.failed" : tenant + ".thing.done")
        .text(EntryField.TENANT, tenant)
        .actorUsername(who)
        .actorIp(who.equals("ann") ? "192.0.2.7" : "198.51.100.77")
        .details(Details.parse("{\"of\":\"" + tenant + "\"}"))
        .build();
  }

  private void assertNothingOfOthers(String view) throws Exception {
    assertThat(browser.text("body").toLowerCase(Locale.ROOT))
        .as(view)
        .doesNotContain("globex", "secretive", "198.51.100.77");
    assertThat(browser.all(".notice.is-bad, #retry")).as(view).isEmpty();
    assertThat(browser.barriers()).as(view).isEmpty();
    browser.picture("limited-" + view);
    browser.assertQuiet();
  }

  @Test
  void everyViewShowsOwnEntriesAndNoGapsWhereOthersAre() throws Exception {
    browser.signIn("/", key);
    browser.awaitText(".total", "40 entries");
    browser.awaitText("#limited", "tenant=acme");
    assertThat(browser.text("nav"))
        .contains("Entries", "Overview", "Verify")
        .doesNotContain("Checkpoints", "Keys");
    assertThat(browser.all(".last")).isEmpty();
    server
        .log
        .append(List.of(event(1, "globex", "secretive"), event(1, "acme", "ann")), "shared-app")
        .get();
    browser.awaitText("#new-entries", "1 new entry");
    assertNothingOfOthers("list");

    browser.open("/entries/" + own);
    browser.find("#proof:not([data-verdict=running])");
    browser.click("#trust-key");
    browser.find("#proof[data-verdict=good]");
    assertThat(browser.all("#chain")).as("the neighbours are of others").isEmpty();
    assertNothingOfOthers("entry");

    browser.open("/entries/" + (own - 1));
    browser.awaitText(".empty", "There is no entry " + (own - 1));
    assertThat(browser.text(".empty"))
        .contains("None of the entries that your key sees has this id.");
    assertNothingOfOthers("entry-of-others");

    browser.open("/overview");
    browser.awaitText("#card-total", "41");
    assertThat(browser.all("#card-sealed, #card-lag")).isEmpty();
    browser.awaitText("section[aria-label='Failed logins by actor']", "ann");
    assertNothingOfOthers("overview");

    browser.open("/verify");
    browser.find("#run-verify");
    assertThat(browser.all("input[name=start_id]")).isEmpty();
    browser.click("#run-verify");
    browser.awaitText("#verify-result[data-valid=true]", "No fault found");
    assertNothingOfOthers("verify");

    browser.open("/checkpoints");
    browser.awaitText(".empty", "It is about the whole log, and your key sees a part of it.");
    assertNothingOfOthers("checkpoints");
    assertThat(server.typesFrom(1)).doesNotContain("security.permission_denied");
  }

  @Test
  void theKeysViewSaysWhatKeysAreLimitedTo() throws Exception {
    browser.signIn("/keys", server.key("operations", Permission.values()));
    browser.awaitText("table", "sees only tenant=acme");
    browser.picture("limited-keys");
    browser.assertQuiet();
  }
}
