package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.index.AddressRange;
import io.tallystick.service.access.Permission;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/**
 * The whole page behind a proxy that serves it under {@code /tools/audit}, passes that path on, and
 * has nothing of the log anywhere else.
 */
class PageBasePathIT {
  private static final String BASE = "/tools/audit";

  @TempDir Path data;
  @TempDir Path downloads;

  private TestServer server;
  private Interceptor proxy;
  private Browser browser;

  @BeforeEach
  void open() throws Exception {
    ServerConfig config =
        ServerConfig.builder()
            .port(0)
            .basePath(BASE)
            .trustedProxies(List.of(AddressRange.parse("127.0.0.0/8")))
            .limits(TestServer.LIMITS)
            .build();
    server = TestServer.start(data, config);
    proxy = new Interceptor(server.server.port(), BASE);
    browser = Browser.start(proxy.port(), downloads);
    browser.basePath(BASE);
    Events.append(server.log, Events.ordinary(90));
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
    proxy.close();
    server.close();
  }

  private String url() {
    return browser.driver.getCurrentUrl().replaceFirst("^http://[^/]*", "");
  }

  @Test
  void everyViewLinkFetchAndDownloadStaysUnderThePath() throws Exception {
    browser.signIn("", server.key("operations", Permission.values()));
    browser.find("tr[data-id]");
    assertThat(url()).isEqualTo(BASE + "/");
    assertThat(
            Objects.requireNonNull(browser.driver.manage().getCookieNamed("tally-session"))
                .getPath())
        .isEqualTo(BASE);

    browser.fill("input[name=actor_username]", "ada");
    browser.await("a filter", () -> url().equals(BASE + "/?actor_username=ada"));
    browser.click("tr[data-id] a");
    browser.find("#proof:not([data-verdict=running])");
    assertThat(url()).startsWith(BASE + "/entries/");
    browser.find("a[rel=prev]");
    String entry = url();
    browser.find("h1").sendKeys("p");
    browser.await("the entry before", () -> !url().equals(entry));
    assertThat(url()).startsWith(BASE + "/entries/");
    browser.find("#proof:not([data-verdict=running])");
    browser.click("#trust-key");
    browser.find("#proof[data-verdict=good]");
    browser.click("#proof a[download]");
    browser.await("a download", () -> downloaded(".tlog-proof"));
    browser.find("h1").sendKeys(Keys.ESCAPE);
    browser.await("back", () -> url().equals(BASE + "/?actor_username=ada"));
    browser.click("#export");
    browser.click("[data-format=ndjson]");
    browser.await("an export", () -> downloaded(".ndjson"));

    // Arrives over the stream, which goes through the proxy as well.
    Events.append(server.log, Events.ordinary(1));
    browser.awaitText("#new-entries", "1 new entry");

    for (String view : List.of("Overview", "Verify", "Checkpoints", "Retention", "Keys")) {
      browser.click("nav a[href='" + BASE + "/" + view.toLowerCase(java.util.Locale.ROOT) + "']");
      browser.awaitText("h1", view);
      browser.driver.navigate().refresh();
      browser.awaitText("h1", view);
      assertThat(url()).isEqualTo(BASE + "/" + view.toLowerCase(java.util.Locale.ROOT));
    }
    browser.open("/verify");
    browser.click("#run-verify");
    browser.find("#verify-result[data-valid=true]");
    browser.open("/checkpoints");
    browser.click("#seal");
    browser.await("a checkpoint", () -> downloaded("checkpoint.note"));
    browser.open("/nothing/here");
    browser.awaitText("main", "There is no page");
    browser.click("main a");
    browser.find("tr[data-id]");
    assertThat(url()).isEqualTo(BASE + "/");
    browser.click("#sign-out");
    browser.find("input[name=key]");
    assertThat(browser.driver.manage().getCookieNamed("tally-session")).isNull();
    assertThat(proxy.strays).isEmpty();
    browser.assertQuiet();
  }

  private boolean downloaded(String end) {
    String[] names = Objects.requireNonNullElse(downloads.toFile().list(), new String[0]);
    return List.of(names).stream()
        .anyMatch(name -> name.endsWith(end) && Files.exists(downloads.resolve(name)));
  }
}
