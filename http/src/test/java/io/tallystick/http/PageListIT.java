package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.ActorId;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** The list of entries on the page: filters, pages, what arrives, and hostile texts. */
class PageListIT {
  @TempDir Path data;

  private TestServer server;
  private Browser browser;

  @BeforeEach
  void open() throws Exception {
    server = TestServer.start(data);
    browser = Browser.start(server.server.port(), data);
    String key = server.key("reader", Permission.ADMIN_AUDIT);
    Events.append(server.log, Events.ordinary(90));
    browser.signIn("/checkpoints", key);
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
    server.close();
  }

  /** The ids of all entries whose events are like this, newest first. */
  private List<Long> expected(Predicate<Event> like) throws Exception {
    List<Long> ids = new ArrayList<>();
    server
        .log
        .reader()
        .forEach(
            1,
            Long.MAX_VALUE,
            entry -> {
              if (like.test(entry.decode().event())) {
                ids.addFirst(entry.id());
              }
              return true;
            });
    return ids;
  }

  private void awaitIds(String what, List<Long> ids) {
    List<Long> first = ids.subList(0, Math.min(50, ids.size()));
    browser.await(what + " shows " + first, () -> browser.ids().equals(first));
  }

  @Test
  void aListFromAnIndexThatIsBehindSaysHowFarItGoes() throws Exception {
    browser.open("/");
    awaitIds("all", expected(e -> true));
    assertThat(browser.all("#index-behind")).isEmpty();
    IndexDirectory index = new IndexDirectory(server);
    index.block();
    while (!server.get("/readyz", "").body().contains("degraded")) {
      Events.append(server.log, Events.ordinary(1));
      Thread.sleep(50);
    }
    browser.open("/");
    browser.find("#index-behind");
    assertThat(browser.text("#index-behind"))
        .matches("The index is behind the log: this list covers entries up to [0-9]+\\.");
    index.unblock();
  }

  @Test
  void everyFilterAloneAndAllTogether() throws Exception {
    Map<String, Predicate<Event>> filters = new LinkedHashMap<>();
    filters.put("actor_id=102", e -> ActorId.of(102).equals(e.actorId()));
    filters.put("actor_username=root", e -> "root".equals(e.actorUsername()));
    filters.put("actor_ip=203.0.113.9", e -> "203.0.113.9".equals(e.actorIp()));
    filters.put("target_type=job", e -> "job".equals(e.targetType()));
    filters.put("target_id=hub", e -> "hub".equals(e.targetId()));
    browser.open("/");
    for (Map.Entry<String, Predicate<Event>> filter : filters.entrySet()) {
      String[] parts = filter.getKey().split("=", 2);
      browser.fill("input[name=" + parts[0] + "]", parts[1]);
      awaitIds(filter.getKey(), expected(filter.getValue()));
      assertThat(browser.driver.getCurrentUrl()).endsWith("/?" + filter.getKey());
      browser.click(".chip");
      browser.awaitGone(".chip");
      assertThat(browser.driver.getCurrentUrl()).endsWith("/");
    }
    browser.fill("input[name=q]", "Hu*");
    awaitIds("words", expected(e -> "hub".equals(e.targetId())));
    browser.open("/?details.no.such=%3Cb%3E");
    browser.awaitText(".chip", "details.no.such");
    browser.awaitText(".empty", "Nothing matches");
    browser.click(".chip");
    browser.awaitGone(".chip");
    browser.click("input[name=security]");
    awaitIds("security", expected(e -> e.eventType().equals("auth.login.failed")));
    browser.click("input[name=security]");
    awaitIds("all", expected(e -> true));

    browser.click("#types-button");
    browser.type(".picker input[type=search]", "login");
    browser.click("input[value='auth.login.failed']");
    awaitIds("one type", expected(e -> e.eventType().equals("auth.login.failed")));
    browser.click("input[value='auth.login.success']");
    awaitIds("two types", expected(e -> e.eventType().startsWith("auth.login.")));
    assertThat(browser.text(".picker-list")).contains("auth").doesNotContain("job.submitted");
    browser.picture("type-picker-wide-light");
    browser.find(".picker input[type=search]").sendKeys(Keys.ESCAPE);
    browser.awaitGone(".popover input");

    browser.fill("input[name=actor_username]", "root");
    browser.fill("input[name=actor_ip]", "198.51.100.23");
    browser.click("input[name=security]");
    browser.click("[data-last='24h']");
    Predicate<Event> all =
        e ->
            e.eventType().equals("auth.login.failed")
                && "root".equals(e.actorUsername())
                && "198.51.100.23".equals(e.actorIp());
    awaitIds("all together", expected(all));
    String url = browser.driver.getCurrentUrl();
    browser.open("/verify");
    browser.driver.get(url);
    awaitIds("the link", expected(all));
    assertThat(browser.all(".chip")).hasSize(6);
    browser.click(".chip[aria-label='Clear Type: auth.login.success']");
    browser.await("one type less", () -> browser.all(".chip").size() == 5);
    browser.click(".chip[aria-label='Clear Address: 198.51.100.23']");
    awaitIds(
        "without the address",
        expected(
            e -> e.eventType().equals("auth.login.failed") && "root".equals(e.actorUsername())));
    browser.click(".chip[aria-label^='Clear Time']");
    browser.click(".chip[aria-label^='Clear Only']");
    browser.click(".chip[aria-label^='Clear Type']");
    awaitIds("only the name", expected(e -> "root".equals(e.actorUsername())));
    assertThat(browser.driver.getCurrentUrl()).endsWith("/?actor_username=root");
    browser.click("#clear-all");
    awaitIds("cleared", expected(e -> true));
    browser.fill("input[name=actor_ip]", "many");
    browser.awaitText(".notice.is-bad", "actor_ip");
    browser.assertQuiet();
  }

  /** The ids of all entries from this time on, newest first. */
  private List<Long> since(Instant time) throws Exception {
    List<Long> ids = new ArrayList<>();
    server
        .log
        .reader()
        .forEach(
            1,
            Long.MAX_VALUE,
            entry -> {
              if (!entry.decode().timestamp().isBefore(time)) {
                ids.addFirst(entry.id());
              }
              return true;
            });
    return ids;
  }

  @Test
  void timesNarrowTheList() throws Exception {
    close();
    Events.fillDays(data.resolve("old"), 9, 7);
    server = TestServer.start(data.resolve("old"));
    browser = Browser.start(server.server.port(), data);
    browser.signIn("/", server.key("reader", Permission.ADMIN_AUDIT));
    Instant now = Instant.now();
    List<Long> all = since(Instant.EPOCH);
    awaitIds("all", all);
    for (Map.Entry<String, Duration> preset :
        Map.of("1h", Duration.ofHours(1), "24h", Duration.ofDays(1), "7d", Duration.ofDays(7))
            .entrySet()) {
      browser.click("[data-last='" + preset.getKey() + "']");
      // The log's bursts are hours apart, so a minute more or less changes nothing.
      int expected = since(now.minus(preset.getValue()).plusSeconds(60)).size();
      assertThat(expected).isLessThan(all.size());
      browser.awaitText(".total", String.format(Locale.ROOT, "%,d match", expected));
      assertThat(browser.driver.getCurrentUrl()).endsWith("/?last=" + preset.getKey());
    }
    Instant from = now.minus(Duration.ofDays(5)).truncatedTo(ChronoUnit.MINUTES);
    Instant to = from.plus(Duration.ofHours(17));
    browser.click("[data-last='custom']");
    choose("since", from);
    browser.awaitText(".chips", "Since");
    awaitIds("since", since(from));
    choose("until", to);
    browser.awaitText(".chips", "Until");
    List<Long> within = new ArrayList<>(since(from));
    within.removeAll(since(to));
    awaitIds("since and until", within);
    assertThat(within).isNotEmpty();
    browser.click(".chip[aria-label^='Clear Since']");
    browser.awaitText(
        ".total",
        String.format(Locale.ROOT, "%,d match", since(Instant.EPOCH).size() - since(to).size()));
    browser.open("/?since=" + now.plus(1, ChronoUnit.HOURS));
    browser.awaitText(".empty", "Nothing matches");
    browser.assertQuiet();
  }

  /** Sets a field of date and time, which the driver's keys do not reach in every locale. */
  private void choose(String field, Instant time) {
    browser.find("input[name=" + field + "]");
    browser.script(
        "const i = document.querySelector(arguments[0]); const t = new Date(arguments[1]);"
            + " i.value = new Date(t - 60000 * t.getTimezoneOffset()).toISOString().slice(0, 16);"
            + " i.dispatchEvent(new Event('change', {bubbles: true}))",
        "input[name=" + field + "]",
        time.toString());
  }

  @Test
  void pagesNeitherSkipNorRepeatWhileEntriesArrive() throws Exception {
    Events.append(server.log, Events.ordinary(110));
    browser.open("/");
    browser.find("tr[data-id]");
    List<Long> before = expected(e -> true);
    long newest = before.getFirst();
    Events.append(server.log, Events.ordinary(7));
    browser.awaitText("#new-entries", "7 new entries");
    browser.click("#older");
    browser.await("100 rows", () -> browser.ids().size() == 100);
    Events.append(server.log, Events.ordinary(5));
    browser.awaitText("#new-entries", "12 new entries");
    browser.picture("new-entries-wide-light");
    for (int rows = 150; rows <= 201; rows += 50) {
      int more = rows;
      browser.click("#older");
      browser.await(more + " rows", () -> browser.ids().size() >= Math.min(more, before.size()));
    }
    while (!browser.all("#older").isEmpty()) {
      int shown = browser.ids().size();
      browser.click("#older");
      browser.await("more rows", () -> browser.ids().size() > shown);
    }
    assertThat(browser.ids()).isEqualTo(before);
    browser.click("#new-entries");
    List<Long> now = expected(e -> true);
    browser.await("all rows", () -> browser.ids().equals(now));
    assertThat(new HashSet<>(browser.ids())).hasSize(now.size());
    assertThat(now.getFirst()).isEqualTo(newest + 12);
    assertThat(browser.text(".total")).contains(String.valueOf(now.size()));
    browser.assertQuiet();
  }

  @Test
  void aFilteredListCountsOnlyWhatMatches() throws Exception {
    browser.open("/?actor_username=ada");
    browser.find("tr[data-id]");
    Events.append(server.log, Events.ordinary(10));
    long ada = Events.ordinary(10).stream().filter(e -> "ada".equals(e.actorUsername())).count();
    browser.awaitText("#new-entries", ada + " new entr");
  }

  @Test
  void liveModeShowsEntriesAsTheyArrive() throws Exception {
    browser.open("/");
    browser.find("tr[data-id]");
    browser.click("#live");
    browser.find("#live.is-live");
    assertThat(browser.driver.getCurrentUrl()).endsWith("/?live=true");
    long last = Events.append(server.log, Events.ordinary(3));
    browser.await("the newest", () -> browser.ids().getFirst() == last);
    long many = Events.append(server.log, Events.ordinary(1_000));
    browser.await("the newest of many", () -> browser.ids().getFirst() == many);
    assertThat(browser.ids()).doesNotHaveDuplicates();
    assertThat(browser.all("#new-entries")).isEmpty();
    browser.click("#live");
    Events.append(server.log, Events.ordinary(1));
    browser.awaitText("#new-entries", "1 new entry");
  }

  @Test
  void theKeyboardDoesItAll() throws Exception {
    browser.open("/");
    browser.find("tr[data-id]");
    List<Long> ids = browser.ids();
    browser.script("document.querySelector('tr[data-id] a').focus()");
    browser.driver.switchTo().activeElement().sendKeys("j");
    browser.driver.switchTo().activeElement().sendKeys(Keys.ARROW_DOWN);
    browser.driver.switchTo().activeElement().sendKeys("k");
    assertThat(browser.driver.switchTo().activeElement().getText()).isEqualTo("" + ids.get(1));
    browser.driver.switchTo().activeElement().sendKeys(Keys.ENTER);
    browser.awaitText("h1", "" + ids.get(1));
    browser.find("#proof");
    browser.driver.switchTo().activeElement().sendKeys(Keys.ESCAPE);
    browser.find("tr[data-id]");
    browser.script("document.activeElement.blur()");
    browser.find("body").sendKeys("/");
    assertThat(browser.all(".picker .popover")).as("no letter counts outside the list").isEmpty();
    browser.find(".list-view .table-frame").sendKeys("o");
    browser.await("older rows", () -> browser.ids().size() > 50);
    browser.find(".list-view .table-frame").sendKeys("l");
    browser.find("#live.is-live");
    browser.find(".list-view .table-frame").sendKeys("/");
    browser.find(".picker .popover");
  }

  @Test
  void hostileTextsAreTexts() throws Exception {
    Events.append(server.log, Events.hostile());
    browser.open("/?event_type=security.suspicious");
    browser.await("the rows", () -> browser.ids().size() == Events.HOSTILE.size());
    String shown = browser.text("table.entries");
    assertThat(shown)
        .contains("<script>window.hit=1</script>", "<img src=x", "U+202E", "U+200B", "ESC", "BEL")
        .doesNotContain("\u202E", "\u001B");
    for (long id : browser.ids()) {
      browser.open("/entries/" + id);
      browser.find("#proof:not([data-verdict=running])");
      assertThat(browser.text(".fields")).doesNotContain("\u202E", "\u001B", "\u200B");
      assertThat(browser.script("return document.documentElement.scrollWidth <= innerWidth"))
          .isEqualTo(true);
    }
    for (String text : Events.HOSTILE) {
      browser.open(
          "/?actor_username="
              + java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8));
      browser.await(text, () -> browser.ids().size() == 1);
    }
    browser.open("/overview");
    browser.find("#card-total");
    assertThat(browser.script("return window.hit ?? null")).isNull();
    assertThat(browser.all("main script, main img")).isEmpty();
    browser.assertQuiet();
    assertThat(
            browser.script(
                "const run = (make) => { try { make(); } catch (e) { return e.name; } };"
                    + " const inline = () => { const s = document.createElement('script');"
                    + " s.textContent = 'window.hit = 2'; document.body.append(s); };"
                    + " const html = () => { document.body.innerHTML = '<p>'; };"
                    + " return [run(inline), run(html), window.hit ?? null]"))
        .as("the browser itself runs no script and parses no text that somebody puts into the page")
        .isEqualTo(Arrays.asList("TypeError", "TypeError", null));
  }

  @Test
  void longIdsStayInTheirCellAndLeaveRoomForTheName() throws Exception {
    ActorId arn = ActorId.of("arn:aws:sts::123456789012:assumed-role/Builder/session");
    Events.append(
        server.log,
        List.of(
            Event.builder("a.b").actorId(arn).build(),
            Event.builder("iam.CreateUser")
                .text(EntryField.OUTCOME, "failure")
                .text(EntryField.SEVERITY, "critical")
                .actorId(arn)
                .actorUsername("Administrator")
                .actorIp("198.51.100.4")
                .build()));
    for (int width : List.of(390, 1_280, 2_560)) {
      browser.size(width, 1_000);
      browser.open("/?event_type=iam.CreateUser&event_type=a.b");
      awaitIds(
          "the list", expected(event -> event.actorId() != null && event.actorId().equals(arn)));
      assertThat(browser.text("td.c-type")).contains("failure", "critical", "the log itself");
      assertThat(
              browser.script(
                  """
                    const box = (e) => e.getBoundingClientRect();
                    return [...document.querySelectorAll('.c-actor .num')].every((id) =>
                      box(id).right <= box(id.closest('td')).right + 1 && box(id).height < 30 && box(id).width > 20)
                  """))
          .as("ids at " + width)
          .isEqualTo(true);
      assertThat(
              browser.script(
                  "const name = document.querySelector('.c-actor bdi'); return name.innerText + (name.scrollWidth - name.clientWidth)"))
          .as("the name at " + width)
          .isEqualTo("Administrator0");
    }
  }
}
