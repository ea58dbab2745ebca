package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.PersonalField;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.PersonalFields;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Personal values on the page: shown and proven, previewed, erased, and shown as erased. */
class PageErasureIT {
  @TempDir Path data;

  private TestServer server;
  private Browser browser;
  private String key;
  private long id;

  @BeforeEach
  void open() throws Exception {
    server =
        TestServer.start(
            data,
            TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults()).toBuilder()
                .personal(
                    new PersonalFields(
                        PersonalField.of(List.of("actor_username", "details.email"))))
                .build());
    browser = Browser.start(server.server.port(), data);
    key = server.key("privacy office", Permission.values());
    server.append(
        key,
        """
        [{"event_type":"auth.login.failed","actor_username":"zwetschge","actor_ip":"203.0.113.7",
          "details":{"email":"zwetschge@example.org","n":1}},
         {"event_type":"auth.logout","actor_username":"other"}]\
        """);
    id = server.log.lastId() - 1;
  }

  @AfterEach
  void close() throws Exception {
    browser.close();
    server.close();
  }

  private void preview() {
    browser.click("#erase");
    browser.type("#erase-form [name=actor_username]", "zwetschge");
    browser.type("#erase-form [name=reason]", "request 17");
    browser.click("#preview-erasure");
  }

  @Test
  void aValueIsShownPreviewedErasedAndSaidToBe() throws Exception {
    browser.signIn("/entries/" + id, key);
    browser.awaitText("[data-field=actor_username]", "zwetschge");
    browser.awaitText("#details", "zwetschge@example.org");
    browser.awaitText("#proof", "Its personal values are those that it commits to");

    browser.open("/erasures");
    preview();
    browser.awaitText("#erasure-preview", "2 values of 1 entry would be erased");
    browser.picture("erasure-preview");
    browser.click("#confirm-erasure");
    browser.awaitText(".erasures", "2 values of 1 entry are erased");
    browser.awaitText("[data-erasure]", "request 17");
    browser.picture("erasures");
    assertThat(browser.barriers()).isEmpty();

    browser.open("/entries/" + id);
    browser.awaitText("[data-field=actor_username]", "erased");
    browser.awaitText("#erased", "by privacy office");
    browser.awaitText("#erased", "request 17");
    browser.awaitText("#proof", "Its commitments stay");
    assertThat(browser.text("#main")).doesNotContain("zwetschge");
    assertThat(browser.barriers()).isEmpty();
    browser.picture("erased-entry");
    browser.assertQuiet();
  }

  @Test
  void whatGoesBecauseOfAPartOfItIsSaidBefore() throws Exception {
    server.append(
        key, "{\"event_type\":\"a.b\",\"details\":{\"a\":1,\"b\":2},\"personal\":[\"details\"]}");
    long whole = server.log.lastId();
    browser.signIn("/erasures", key);
    browser.click("#erase");
    browser.type("#erase-form [name=ids]", Long.toString(whole));
    browser.type("#erase-form [name=fields]", "details.a");
    browser.type("#erase-form [name=reason]", "request 17");
    browser.click("#preview-erasure");
    browser.awaitText("#erasure-preview", "More goes than you named");
    assertThat(browser.barriers()).isEmpty();
    browser.assertQuiet();
  }

  @Test
  void aHoldStandsAgainstIt() throws Exception {
    String hold = "{\"first_id\":%d,\"last_id\":%d,\"reason\":\"case 3\"}".formatted(id, id);
    server.post("/api/audit/holds", key, "application/json", hold.getBytes(StandardCharsets.UTF_8));
    browser.signIn("/erasures", key);
    preview();
    browser.awaitText("#erasure-preview", "1 legal hold stands against it");
    assertThat(browser.find("#confirm-erasure").isEnabled()).isFalse();
    browser.assertQuiet();
  }

  @Test
  void onlyAKeyWithThePermissionSeesTheView() throws Exception {
    browser.signIn("/erasures", server.key(Permission.ADMIN_AUDIT));
    browser.awaitText(".empty", "admin.erasure");
    assertThat(browser.text("nav")).doesNotContain("Erasures");
  }
}
