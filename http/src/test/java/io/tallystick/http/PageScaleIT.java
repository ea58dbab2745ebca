package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.Durability;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.interactions.Actions;

/**
 * The page on a large log, on screens 390 to 2,560 pixels wide: five million entries with {@code
 * -Dtallystick.long=true}, which takes minutes, and a fiftieth of that without.
 */
class PageScaleIT {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");
  private static final int ENTRIES = LONG ? 5_000_000 : 100_000;
  private static final int BATCH = 5_000;
  private static final int ROUNDS = 15;
  private static final int[] WIDTHS = {390, 768, 1024, 1280, 1920, 2560};

  @TempDir static Path data;

  private static TestServer server;
  private static String key;

  private Browser browser;

  @BeforeAll
  static void fill() throws Exception {
    Instant[] now = {Instant.now().minus(Duration.ofDays(30))};
    InstantSource hands = () -> now[0];
    Duration step = Duration.ofDays(30).dividedBy(ENTRIES / BATCH + 1);
    LogConfig config =
        LogConfig.builder()
            .clock(hands.withZone(ZoneOffset.UTC))
            .durability(Durability.ASYNC)
            .build();
    long begun = System.nanoTime();
    try (AuditLog log = AuditLog.open(data, config)) {
      SplittableRandom random = new SplittableRandom(14);
      for (int i = 0; i < ENTRIES / BATCH; i++) {
        log.append(batch(random), null).get();
        now[0] = now[0].plus(step);
      }
      long appended = System.nanoTime();
      try (AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
        while (index.indexedThrough() < log.lastId()) {
          Thread.sleep(100);
        }
      }
      System.out.printf(
          Locale.ROOT,
          "page at scale: %,d entries appended in %.1f s, indexed %.1f s later%n",
          log.lastId(),
          (appended - begun) / 1e9,
          (System.nanoTime() - appended) / 1e9);
    }
    server = TestServer.start(data);
    key = server.key("operations", Permission.values());
  }

  @AfterAll
  static void close() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void open() throws Exception {
    browser = Browser.start(server.server.port(), data);
    browser.size(1280, 800);
    browser.signIn("/checkpoints", key);
  }

  @AfterEach
  void leave() {
    browser.close();
  }

  private static List<Event> batch(SplittableRandom random) {
    String[] people = {"ada", "grace", "linus", "margaret", "ken", "barbara", "edsger", "frances"};
    String[] types = {
      "job.submitted", "job.completed", "auth.login.success", "credential.used", "config.changed"
    };
    List<Event> events = new ArrayList<>(BATCH);
    for (int i = 0; i < BATCH; i++) {
      int who = random.nextInt(people.length);
      if (random.nextInt(50) == 0) {
        events.add(
            Event.builder("auth.login.failed")
                .actorUsername("root")
                .actorIp("198.51.100." + random.nextInt(1, 30))
                .details(Details.parse("{\"reason\":\"wrong password\"}"))
                .build());
      } else {
        events.add(
            Event.builder(types[random.nextInt(types.length)])
                .actorId(100L + who)
                .actorUsername(people[who])
                .actorIp("192.0.2." + (10 + who))
                .targetType("job")
                .targetId("job-" + random.nextInt(10_000))
                .build());
      }
    }
    return events;
  }

  private static String count(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  /** Axe takes a second or more; in dark only the contrast differs. */
  private List<String> barriers(String where) {
    List<String> found =
        where.endsWith("dark") ? browser.barriers("color-contrast") : browser.barriers();
    return found.stream().map(barrier -> where + ": " + barrier).toList();
  }

  /** Nothing is wider than the screen, and no id leaves its cell. */
  private List<String> misfits(String where) {
    List<String> found = new ArrayList<>();
    if (!Boolean.TRUE.equals(
        browser.script("return document.documentElement.scrollWidth <= innerWidth"))) {
      found.add(where + ": wider than the screen");
    }
    Object cells =
        browser.script(
            "const out = [];"
                + "for (const cell of document.querySelectorAll('.c-id, .c-time, .figure, td.num')) {"
                + "  const range = document.createRange(); range.selectNodeContents(cell);"
                + "  const text = range.getBoundingClientRect(); const box = cell.getBoundingClientRect();"
                + "  if (text.width && (text.left < box.left - 0.5 || text.right > box.right + 0.5))"
                + "    out.push(cell.className + ' ' + cell.textContent + ' ' + text.left + '-' + text.right"
                + "      + ' in ' + box.left + '-' + box.right);"
                + "}"
                + "for (const text of document.querySelectorAll('#chart text')) {"
                + "  const t = text.getBoundingClientRect();"
                + "  const svg = text.ownerSVGElement.getBoundingClientRect();"
                + "  if (t.left < svg.left - 0.5 || t.right > svg.right + 0.5) out.push('chart ' + text.textContent);"
                + "}"
                + "return out.slice(0, 5)");
    if (cells instanceof List<?> list) {
      list.forEach(cell -> found.add(where + ": " + cell));
    }
    return found;
  }

  @Test
  void everyViewFitsEveryScreenAndIsAccessible() throws Exception {
    List<String> found = new ArrayList<>();
    long middle = ENTRIES / 2;
    for (int width : WIDTHS) {
      browser.size(width, width < 500 ? 844 : 1000);
      for (String colours : List.of("light", "dark")) {
        browser.colours(colours);
        String at = "-" + width + "-" + colours;
        browser.open("/");
        browser.awaitText(".total", count(server.log.lastId()));
        found.addAll(misfits("list" + at));
        browser.picture("scale-list" + at);
        found.addAll(barriers("list" + at));
        browser.open("/overview");
        browser.awaitText("#card-total .figure", count(server.log.lastId()));
        browser.find("rect.bar");
        found.addAll(misfits("overview" + at));
        browser.picture("scale-overview" + at);
        found.addAll(barriers("overview" + at));
        if (colours.equals("light")) {
          browser.open("/entries/" + middle);
          browser.find("#proof:not([data-verdict=running])");
          browser.find(".chain-box");
          found.addAll(misfits("entry" + at));
          browser.picture("scale-entry" + at);
          found.addAll(barriers("entry" + at));
        }
      }
    }
    assertThat(found).isEmpty();
    browser.assertQuiet();
  }

  /** The ids are changed on their way to the browser: a log this long takes weeks to write. */
  @ParameterizedTest
  @ValueSource(longs = {9_000_000, 123_000_000, 4_000_000_000_000L})
  void idsOfManyDigitsStayInTheirColumn(long more) throws Exception {
    JsonNode page = server.json("/api/audit?limit=50", key);
    for (JsonNode entry : page.get("entries")) {
      ((ObjectNode) entry).put("id", entry.get("id").asLong() + more);
    }
    try (Interceptor proxy = new Interceptor(server.server.port())) {
      proxy.answer("/api/audit", page.toString());
      browser.through(proxy.port());
      for (int width : WIDTHS) {
        browser.size(width, 800);
        browser.open("/");
        browser.find("tr[data-id='" + page.at("/entries/0/id") + "']");
        assertThat(misfits("list-" + width)).isEmpty();
      }
    }
  }

  private String focused() {
    return browser.driver.switchTo().activeElement().getText().replace(",", "");
  }

  private void press(CharSequence... keys) {
    new Actions(browser.driver).sendKeys(keys).perform();
  }

  @Test
  void theKeyboardFindsItsWayThroughAllOfThem() {
    browser.open("/");
    browser.find("tr[data-id]");
    List<Long> ids = browser.ids();
    // The first stop leads past the navigation.
    press(Keys.TAB);
    assertThat(focused()).isEqualTo("Skip to the content");
    press(Keys.ENTER);
    press(Keys.TAB);
    assertThat(browser.script("return document.activeElement.closest('main') !== null"))
        .isEqualTo(true);
    browser.script("document.querySelector('tr[data-id] a').focus()");
    press("j", "j", Keys.ARROW_DOWN, "k");
    assertThat(focused()).isEqualTo("" + ids.get(2));
    press(Keys.END);
    assertThat(focused()).isEqualTo("" + ids.getLast());
    press("o");
    browser.await("older ones", () -> browser.ids().size() == 100);
    press(Keys.PAGE_DOWN);
    assertThat(focused()).isEqualTo("" + browser.ids().get(64));
    press(Keys.ENTER);
    browser.awaitText("h1", count(browser.ids().isEmpty() ? ids.getFirst() - 64 : 0));
    browser.find("a[rel=prev]");
    press("p");
    browser.awaitText("h1", count(ids.getFirst() - 65));
    press(Keys.ESCAPE);
    browser.find("tr[data-id]");
    browser.script("document.querySelector('.list-view .table-frame').focus()");
    press("/");
    browser.find(".popover input");
    press("failed", Keys.TAB, Keys.SPACE, Keys.ESCAPE);
    browser.awaitText(".chips", "auth.login.failed");
    browser.awaitGone(".popover input");
    assertThat(browser.driver.switchTo().activeElement().getDomAttribute("id"))
        .isEqualTo("types-button");
    browser.assertQuiet();
  }

  @Test
  void listFilterAndOverviewAnswerSoon() {
    long list = median("/", "tr[data-id]");
    long few = median("/?event_type=auth.login.failed&actor_ip=198.51.100.7", "tr[data-id]");
    long many = median("/?actor_username=ada&target_type=job", "tr[data-id]");
    long overview = median("/overview", "rect.bar");
    System.out.printf(
        Locale.ROOT,
        "page at scale, %,d entries, medians of %d until shown: list %d ms, filter %d ms,"
            + " filter with many matches %d ms, overview %d ms%n",
        ENTRIES,
        ROUNDS,
        list,
        few,
        many,
        overview);
    assertThat(List.of(list, few, many, overview)).allMatch(millis -> millis < 5_000);
  }

  /** Milliseconds from loading the page until this is on it. */
  private long median(String path, String css) {
    long[] millis = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long begun = System.nanoTime();
      browser.open(path);
      while (browser.driver.findElements(By.cssSelector(css)).isEmpty()) {
        assertThat(System.nanoTime() - begun).as(path).isLessThan(30_000_000_000L);
      }
      millis[i] = (System.nanoTime() - begun) / 1_000_000;
    }
    Arrays.sort(millis);
    return millis[ROUNDS / 2];
  }
}
