package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.note.KeyType;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.service.access.Permission;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.interactions.Actions;

/** What an operator does on the page: overview, verification, exports, checkpoints, keys. */
class PageWorkIT {
  @TempDir Path data;
  @TempDir Path downloads;

  private TestServer server;
  private Browser browser;
  private String key;

  @BeforeEach
  void open() throws Exception {
    server = TestServer.start(data);
    browser = Browser.start(server.server.port(), downloads);
    key = server.key("operations", Permission.values());
    Events.append(server.log, Events.ordinary(90));
    browser.signIn("/entries/1", key);
    browser.find("#proof:not([data-verdict=running])");
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
    server.close();
  }

  private byte[] downloaded(String name) throws Exception {
    Path file = downloads.resolve(name);
    browser.await(name + " is downloaded", () -> Files.exists(file));
    return Files.readAllBytes(file);
  }

  private byte[] served(String path) throws Exception {
    return server.sendForBytes(server.request(path, key)).body();
  }

  @Test
  void theOverviewCountsWhatIsThereAndLeadsToIt() throws Exception {
    browser.open("/overview");
    browser.awaitText("#card-total .figure", String.valueOf(server.log.lastId()));
    assertThat(browser.text("#card-24h .figure")).isEqualTo(String.valueOf(server.log.lastId()));
    assertThat(browser.text("#card-failed .figure")).isEqualTo("10");
    assertThat(browser.text("#card-security .figure")).isEqualTo("10");
    assertThat(browser.text("#card-lag .figure")).isEqualTo("0");
    assertThat(browser.text("#card-sealed .figure")).isNotEqualTo("none");
    assertThat(browser.text("[aria-label='Failed logins by address']"))
        .contains("198.51.100.23", "203.0.113.9");
    browser.click("[data-period='24h']");
    browser.find("[aria-busy=false] [data-period='24h'][aria-pressed=true]");
    browser.find("rect.bar");
    browser.script("document.querySelector('#chart').focus()");
    new Actions(browser.driver).sendKeys(Keys.ARROW_LEFT, Keys.ARROW_RIGHT).perform();
    browser.awaitText(".chart-state", server.log.lastId() + " in ");
    browser.click("#brush-show");
    browser.find("tr[data-id]");
    assertThat(browser.driver.getCurrentUrl()).contains("since=").contains("until=");
    browser.open("/overview");
    browser.click("[aria-label='Failed logins by address'] a");
    long there =
        Events.ordinary(90).stream().filter(e -> "198.51.100.23".equals(e.actorIp())).count();
    browser.await("only that address", () -> browser.ids().size() == there);
    assertThat(browser.driver.getCurrentUrl()).contains("actor_ip=198.51.100.23");
    browser.assertQuiet();
  }

  @Test
  void aStretchOfTimeIsChosenWithThePointer() throws Exception {
    browser.open("/overview");
    browser.find("rect.bar");
    new Actions(browser.driver)
        .moveToElement(browser.find("#chart"), 300, 20)
        .clickAndHold()
        .moveByOffset(250, 0)
        .release()
        .perform();
    browser.awaitText(".chart-state", "Show these entries");
    assertThat(browser.all(".brush")).hasSize(1);
  }

  @Test
  void aGoodLogVerifiesAsAWholeAndInPart() throws Exception {
    browser.open("/verify");
    browser.awaitText(".last", "Not verified");
    browser.click("#run-verify");
    browser.find("#verify-result[data-valid=true]");
    assertThat(browser.text("#verify-result"))
        .contains("No fault found", "1 to " + server.log.lastId(), "operations", "signed just now");
    browser.awaitText(".last.is-good", "just now");
    browser.type("input[name=start_id]", "5");
    browser.type("input[name=end_id]", "14");
    browser.click("#run-verify");
    browser.awaitText("#verify-result", "5 to 14");
    assertThat(browser.text("#verify-result")).contains("10 entries checked");
    browser.open("/keys");
    browser.awaitText(".last.is-good", "just now");
    browser.assertQuiet();
  }

  @Test
  void faultsAreShownAndLeadToTheirEntries() throws Exception {
    try (Stream<Path> files = Files.list(data.resolve("segments"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".cq4")).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("sdxl");
        if (at > 0) {
          bytes[at] = 'S';
          Files.write(file, bytes);
        }
      }
    }
    browser.open("/verify");
    browser.click("#run-verify");
    browser.find("#verify-result[data-valid=false]");
    JsonNode report = server.json("/api/audit/verify", key);
    JsonNode fault = report.get("broken_links").get(0);
    assertThat(browser.text("#faults")).contains(fault.get("reason").asText(), "Damaged block");
    assertThat(browser.find("#faults a").getDomAttribute("href"))
        .isEqualTo("/entries/" + fault.get("id").asText());
    browser.awaitText(".last.is-bad", "fault");
    assertThat(browser.barriers()).isEmpty();
    for (String colours : List.of("light", "dark")) {
      browser.colours(colours);
      browser.picture("verify-bad-wide-" + colours);
    }
    browser.click("#faults a");
    browser.find("h1");
    browser.assertQuiet();
  }

  @Test
  void theViewIsExportedInEveryFormat() throws Exception {
    browser.open("/?event_type=job.submitted");
    browser.await("the rows", () -> browser.ids().size() == 10);
    for (String format : List.of("ndjson", "csv", "json")) {
      browser.click("#export");
      browser.click("a[data-format=" + format + "]");
      assertThat(downloaded("audit." + format))
          .isEqualTo(served("/api/audit/export?event_type=job.submitted&format=" + format));
    }
    browser.click("#export");
    browser.picture("export-wide-light");
    browser.click("a[data-format=bundle]");
    downloaded("evidence.zip");
    try (ZipFile bundle = new ZipFile(downloads.resolve("evidence.zip").toFile())) {
      List<String> names = bundle.stream().map(ZipEntry::getName).toList();
      assertThat(names).hasSizeGreaterThan(10);
      for (long id : browser.ids()) {
        assertThat(names).anyMatch(name -> name.contains(id + ".tlog-proof"));
      }
    }
    browser.assertQuiet();
  }

  @Test
  void checkpointsAreListedReadAndDownloaded() throws Exception {
    browser.open("/checkpoints");
    browser.awaitText(".fingerprint", " ");
    long size = server.log.lastId();
    browser.click("#seal");
    browser.find("tr[data-size='" + size + "']");
    byte[] note = served("/api/audit/checkpoints/" + size);
    assertThat(downloaded("checkpoint.note")).isEqualTo(note);
    assertThat(browser.text("tr[data-size='" + size + "']")).contains("not by others", "just now");
    browser.click("tr[data-size='" + size + "'] a[download]");
    assertThat(downloaded("checkpoint-" + size + ".note")).isEqualTo(note);
    browser.click("tr[data-size='" + size + "'] summary");
    browser.awaitText(
        "tr[data-size='" + size + "'] pre",
        new String(note, StandardCharsets.UTF_8).lines().findFirst().orElseThrow());
    assertThat(browser.barriers()).isEmpty();
    browser.assertQuiet();
  }

  @Test
  void whoElseSignedACheckpointIsShown() throws Exception {
    SignedCheckpoint newest = newest();
    String text = newest.note().toString();
    SignerKey witness =
        SignerKey.generate("example.org/witness", KeyType.ED25519, new SecureRandom());
    String body = text.substring(0, text.indexOf("\n\n") + 1);
    SignedNote cosigned =
        newest.note().with(SignedNote.sign(body, List.of(witness), Instant.now()).signatures());
    Path kept = Files.createDirectories(data.resolve("checkpoints"));
    Files.writeString(kept.resolve(newest.size() + ".note"), cosigned.toString());
    Files.writeString(kept.resolve(newest.size() + ".tsr"), "no timestamp");
    browser.open("/checkpoints");
    String row = "tr[data-size='" + newest.size() + "']";
    browser.awaitText(row, "cosigned by example.org/witness");
    assertThat(browser.text(row)).contains("timestamp that can’t be read");
    browser.click(row + " a[download$='.tsr']");
    assertThat(downloaded("checkpoint-" + newest.size() + ".tsr"))
        .asString()
        .isEqualTo("no timestamp");
    assertThat(browser.barriers()).isEmpty();
    browser.assertQuiet();
  }

  private SignedCheckpoint newest() throws Exception {
    LogTree tree = server.log.reader().tree();
    browser.await(
        "everything is sealed",
        () -> {
          try {
            return tree.size() == server.log.lastId();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return tree.newest().orElseThrow();
  }

  @Test
  void keysAreCreatedShownOnceAndRevoked() throws Exception {
    browser.open("/keys");
    Set<String> before = names();
    browser.click("#create-key");
    browser.type("#create-form input[name=name]", "deploy");
    browser.click("#create-form input[value='audit.append']");
    browser.picture("create-key-wide-light");
    assertThat(browser.barriers()).isEmpty();
    browser.click("#create-form button[type=submit]");
    browser.awaitText("#new-key", "tally_");
    String made = browser.text("#new-key");
    assertThat(server.append(made, "{\"event_type\":\"auth.logout\"}").statusCode()).isEqualTo(201);
    browser.click("#secret-done");
    browser.awaitGone("#new-key");
    assertThat(browser.driver.getPageSource()).doesNotContain(made);
    assertThat(names()).containsAll(before).contains("deploy");

    browser.click("#create-key");
    browser.type("#create-form input[name=name]", "deploy");
    browser.click("#create-form input[value='audit.append']");
    browser.click("#create-form button[type=submit]");
    browser.awaitText("#create-form .notice.is-bad", "name");
    browser.click("#create-form button[type=button]");

    browser.click("button[aria-label='Revoke deploy']");
    browser.click("#confirm-revoke");
    browser.await(
        "it is revoked", () -> browser.all("button[aria-label='Revoke deploy']").isEmpty());
    assertThat(server.append(made, "{\"event_type\":\"auth.logout\"}").statusCode()).isEqualTo(401);

    browser.click("button[aria-label='Revoke operations']");
    browser.awaitText("dialog", "Your session ends with it");
    browser.click("#confirm-revoke");
    browser.awaitText(".notice", "Your session ended");
    browser.assertQuiet();
  }

  private Set<String> names() {
    browser.find("tr[data-key]");
    Set<String> names = new TreeSet<>();
    browser.all("tr[data-key] td:first-child bdi").forEach(name -> names.add(name.getText()));
    return names;
  }
}
