package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** Headless Chromium on the page, one at a time. Tests that have none are skipped, and say so. */
final class Browser implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final String AXE;

  static {
    try (InputStream in = Browser.class.getClassLoader().getResourceAsStream("axe.min.js")) {
      AXE = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The one browser of all tests, which starts in seconds; each gets it as if it were new. */
  private static @Nullable ChromeDriver shared;

  final ChromeDriver driver;
  private String origin;

  /** Before every path that is opened. */
  private String basePath = "";

  private Browser(ChromeDriver driver, String origin) {
    this.driver = driver;
    this.origin = origin;
  }

  /** A browser that knows nothing yet and downloads into this directory. */
  static Browser start(int port, Path downloads) {
    ChromeDriver driver = shared;
    if (driver == null || !isThere(driver)) {
      driver = start();
      shared = driver;
    }
    Browser browser = new Browser(driver, "http://127.0.0.1:" + port);
    driver.executeCdpCommand("Network.clearBrowserCookies", Map.of());
    driver.executeCdpCommand(
        "Storage.clearDataForOrigin", Map.of("origin", browser.origin, "storageTypes", "all"));
    driver.executeCdpCommand(
        "Browser.setDownloadBehavior",
        Map.of("behavior", "allow", "downloadPath", downloads.toAbsolutePath().toString()));
    driver.manage().logs().get(LogType.BROWSER);
    browser.zone("");
    browser.colours("light");
    browser.size(1440, 900);
    return browser;
  }

  private static boolean isThere(ChromeDriver driver) {
    try {
      return !driver.getWindowHandle().isEmpty();
    } catch (WebDriverException e) {
      return false;
    }
  }

  private static ChromeDriver start() {
    File chromium = new File("/usr/bin/chromium");
    File chromedriver = new File("/usr/bin/chromedriver");
    Assumptions.assumeTrue(
        chromium.canExecute() && chromedriver.canExecute(),
        "skipped: this needs the packages chromium and chromium-driver");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium);
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--lang=en",
        "--hide-scrollbars");
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(chromedriver)
            .usingAnyFreePort()
            .build();
    ChromeDriver driver = new ChromeDriver(service, options);
    driver.manage().timeouts().pageLoadTimeout(PATIENCE);
    driver.manage().timeouts().scriptTimeout(Duration.ofMinutes(2));
    Runtime.getRuntime().addShutdownHook(new Thread(driver::quit));
    return driver;
  }

  void size(int width, int height) {
    driver.manage().window().setSize(new Dimension(width, height));
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  void colours(String scheme) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  /** Asks this port from now on. Cookies are of the host, so whoever is signed in stays so. */
  void through(int port) {
    origin = "http://127.0.0.1:" + port;
  }

  /** Every path that is opened from now on is under this one. */
  void basePath(String path) {
    basePath = path;
  }

  /**
   * What the browser's clock shows from now on: a zone such as Europe/Berlin, or "" for its own.
   */
  void zone(String id) {
    driver.executeCdpCommand("Emulation.setTimezoneOverride", Map.of("timezoneId", id));
  }

  void open(String path) {
    driver.get(origin + basePath + path);
  }

  /** Opens the page and signs in; ends where the view that was asked for is shown. */
  void signIn(String path, String key) {
    open(path);
    type("input[name=key]", key);
    driver.findElement(By.cssSelector("input[name=key]")).sendKeys(Keys.ENTER);
    find("#sign-out");
  }

  /** The first element that matches, as soon as there is one. */
  WebElement find(String css) {
    return new WebDriverWait(driver, PATIENCE, Duration.ofMillis(50))
        .withMessage(() -> css + " in\n" + text("body"))
        .until(any -> driver.findElements(By.cssSelector(css)).stream().findFirst().orElse(null));
  }

  List<WebElement> all(String css) {
    return driver.findElements(By.cssSelector(css));
  }

  @FunctionalInterface
  interface Condition {
    boolean holds();
  }

  void await(String what, Condition condition) {
    new WebDriverWait(driver, PATIENCE, Duration.ofMillis(50))
        .ignoring(StaleElementReferenceException.class)
        .withMessage(() -> what + "; the page shows\n" + text("body"))
        .until(any -> condition.holds());
  }

  void awaitText(String css, String part) {
    find(css);
    await(css + " has " + part, () -> text(css).contains(part));
  }

  void awaitGone(String css) {
    await(css + " is gone", () -> all(css).isEmpty());
  }

  void click(String css) {
    find(css);
    await(
        css + " can be clicked",
        () -> {
          WebElement element = find(css);
          if (!element.isDisplayed() || !element.isEnabled()) {
            return false;
          }
          script("arguments[0].scrollIntoView({block: 'center'})", element);
          element.click();
          return true;
        });
  }

  void type(String css, String text) {
    WebElement input = find(css);
    input.clear();
    input.sendKeys(text);
  }

  /** Types into a filter and leaves it, as a person who presses Enter. */
  void fill(String css, String text) {
    type(css, text + Keys.ENTER);
  }

  String text(String css) {
    return String.valueOf(
        script("return document.querySelector(arguments[0])?.innerText ?? ''", css));
  }

  @Nullable Object script(String script, Object... arguments) {
    return ((JavascriptExecutor) driver).executeScript(script, arguments);
  }

  /** The ids in the list's rows, in their order. */
  List<Long> ids() {
    @SuppressWarnings("unchecked")
    List<Long> ids =
        (List<Long>)
            script(
                "return [...document.querySelectorAll('tr[data-id]')].map(r => Number(r.dataset.id))");
    return ids == null ? List.of() : ids;
  }

  /** Nothing that the browser said on its console is a violation or an error of the page. */
  void assertQuiet() {
    List<String> said =
        driver.manage().logs().get(LogType.BROWSER).getAll().stream()
            .map(LogEntry::getMessage)
            .filter(message -> !message.contains("Failed to load resource"))
            .toList();
    assertThat(said).isEmpty();
  }

  /** What axe finds in what is shown that is serious or worse. */
  List<String> barriers() {
    return barriers("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice");
  }

  /** What axe finds with these rules, or groups of rules, that is serious or worse. */
  List<String> barriers(String... rules) {
    assertThat(AXE).isNotEmpty();
    if (!Boolean.TRUE.equals(script("return 'axe' in window"))) {
      script(AXE);
    }
    Object found =
        driver.executeAsyncScript(
            "const done = arguments[1];"
                + "axe.run(document, {runOnly: arguments[0]})"
                + ".then(r => done(r.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
                + ".map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 4).map(n => n.html + ' ' + n.failureSummary).join(' | '))),"
                + " e => done(['axe failed: ' + e]));",
            List.of(rules));
    return found instanceof List<?> list ? list.stream().map(String::valueOf).toList() : List.of();
  }

  /** Keeps a picture of the whole page for a person to look at. */
  void picture(String name) throws IOException {
    Files.createDirectories(SCREENSHOTS);
    Files.write(SCREENSHOTS.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
  }

  /** Leaves the page, so that nothing asks a server that is about to end. */
  @Override
  public void close() {
    driver.get("about:blank");
  }
}
