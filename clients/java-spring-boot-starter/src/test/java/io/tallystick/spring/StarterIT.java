package io.tallystick.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ConfigurableApplicationContext;

/** A Spring Boot application with Security and Actuator, and the packaged server. */
class StarterIT {
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir static Path directory;

  private static TallyServer server;
  private static ConfigurableApplicationContext shop;
  private static String url;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(Files.exists(TallyServer.JAR), "cli/target/tally.jar is not built");
    server = new TallyServer(directory.resolve("log"));
    shop =
        application(
                Shop.class,
                "tallystick.mode=spooled",
                "tallystick.spool-directory=" + directory.resolve("spool"),
                "tallystick.read-key-file=" + server.keyFile(),
                "management.endpoints.web.exposure.include=auditevents",
                "server.port=0")
            .run();
    url = "http://127.0.0.1:" + shop.getEnvironment().getProperty("local.server.port");
  }

  @AfterAll
  static void stop() {
    if (shop != null) {
      shop.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private static SpringApplicationBuilder application(Class<?> source, String... properties) {
    List<String> all = new ArrayList<>(Arrays.asList(properties));
    all.add("tallystick.url=" + server.url());
    all.add("tallystick.api-key-file=" + server.keyFile());
    all.add("spring.main.banner-mode=off");
    return new SpringApplicationBuilder(source).properties(all.toArray(String[]::new));
  }

  /** A browser that keeps its session. */
  private static HttpClient browser() {
    return HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
  }

  private static HttpResponse<String> post(HttpClient browser, String path, String form)
      throws Exception {
    return browser.send(
        HttpRequest.newBuilder(URI.create(url + path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("User-Agent", "browser/1")
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(HttpClient browser, String path) throws Exception {
    return browser.send(
        HttpRequest.newBuilder(URI.create(url + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static String login(HttpClient browser, String name, String password) throws Exception {
    String form =
        "username="
            + URLEncoder.encode(name, StandardCharsets.UTF_8)
            + "&password="
            + URLEncoder.encode(password, StandardCharsets.UTF_8);
    return post(browser, "/login", form).headers().firstValue("Location").orElse("none");
  }

  /** Waits until the client has sent them. */
  private static List<Map<String, Object>> entries(int count, Map<String, String> filter)
      throws Exception {
    Instant deadline = Instant.now().plus(LONG);
    List<Map<String, Object>> found = server.entries(filter);
    while (found.size() < count && Instant.now().isBefore(deadline)) {
      Thread.sleep(20);
      found = server.entries(filter);
    }
    return found;
  }

  @Test
  void whatSecurityReportsIsRecordedOnceAndWithoutSecrets() throws Exception {
    HttpClient browser = browser();
    assertThat(login(browser, "bob", "hunter2-wrong")).endsWith("/login?error");
    assertThat(login(browser, "bob", Shop.PASSWORD)).doesNotContain("error");
    assertThat(get(browser, "/admin;jsessionid=secret-1?token=secret-2").statusCode())
        .isEqualTo(403);
    assertThat(post(browser, "/cancel", "").statusCode()).isEqualTo(403);
    assertThat(post(browser, "/logout", "").headers().firstValue("Location").orElse(""))
        .endsWith("/login?logout");

    List<Map<String, Object>> entries = entries(5, Map.of("actor_username", "bob", "order", "asc"));
    assertThat(entries)
        .extracting(entry -> entry.get("event_type"), entry -> entry.get("action"))
        .containsExactly(
            tuple("auth.login.failed", "POST /login"),
            tuple("auth.login.success", "POST /login"),
            tuple("security.permission_denied", "GET /admin"),
            tuple("security.permission_denied", "POST /cancel"),
            tuple("auth.logout", "POST /logout"));
    assertThat(entries.get(0))
        .containsEntry("outcome", "failure")
        .containsEntry("actor_ip", "127.0.0.1")
        .containsEntry("user_agent", "browser/1")
        .containsEntry(
            "details",
            Map.of(
                "reason",
                "BadCredentialsException",
                "authentication",
                "UsernamePasswordAuthenticationToken"));
    assertThat(entries.get(3))
        .containsEntry("target_type", "method")
        .containsEntry("target_id", Shop.Orders.class.getName() + ".cancel");
    String spooled =
        Files.readString(
            directory.resolve("spool/00000000000000000001.events"), StandardCharsets.ISO_8859_1);
    assertThat(spooled + entries)
        .contains("auth.login.failed")
        .doesNotContain("hunter2")
        .doesNotContain("battery")
        .doesNotContain("secret-")
        .doesNotContainIgnoringCase("session");
  }

  @Test
  void aNameOfAnyLengthIsRecorded() throws Exception {
    String name = "eve-" + "\u00e9".repeat(100_000);
    assertThat(login(browser(), name, "x")).endsWith("/login?error");
    assertThat(entries(1, Map.of("actor_username", "eve-*")))
        .singleElement()
        .satisfies(entry -> assertThat(entry).containsEntry("event_type", "auth.login.failed"));
  }

  @Test
  void whatTheApplicationReportsToActuatorIsRecordedAndFound() throws Exception {
    HttpClient browser = browser();
    login(browser, "alice", Shop.PASSWORD);
    assertThat(post(browser, "/pay", "").statusCode()).isEqualTo(200);
    assertThat(entries(1, Map.of("event_type", "order.paid")))
        .singleElement()
        .satisfies(entry ->
            assertThat(entry)
                .containsEntry("actor_username", "alice")
                .containsEntry("target_id", "7f3a")
                .containsEntry("details", Map.of("amount", 1250L)));
    String listed = get(browser, "/actuator/auditevents?type=order.paid&principal=alice").body();
    assertThat(listed)
        .contains("\"principal\":\"alice\"", "\"type\":\"order.paid\"", "\"amount\":1250");
    String later = get(browser, "/actuator/auditevents?after=2999-01-01T00:00:00Z").body();
    assertThat(later).isEqualTo("{\"events\":[]}");
  }

  @Test
  void aTypeThatTheServerDoesNotAcceptIsRecordedUnderAnother() throws Exception {
    AuditEventRepository repository = shop.getBean(AuditEventRepository.class);
    repository.add(new AuditEvent("carol", "audit.exported", Map.of("event_type", "order.paid")));
    repository.add(new AuditEvent("carol", "sent a letter!", Map.of()));
    assertThat(entries(2, Map.of("actor_username", "carol", "order", "asc")))
        .extracting(entry -> entry.get("event_type"), entry -> entry.get("details"))
        .containsExactly(
            tuple("spring.audit_event", Map.of("type", "audit.exported")),
            tuple("spring.audit_event", Map.of("type", "sent a letter!")));
  }

  @Test
  void whatHappensWhileTheServerIsAwayIsRecordedWhenItIsBack() throws Exception {
    server.kill();
    Instant before = Instant.now();
    assertThat(login(browser(), "mallory", "x")).endsWith("/login?error");
    assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(10));
    server.start();
    assertThat(entries(1, Map.of("actor_username", "mallory"))).hasSize(1);
  }

  @Test
  void withoutAModeTheApplicationDoesNotStartAndSaysWhy() {
    Throwable failure = catchThrowable(() -> withoutWeb());
    FailureAnalysis analysis = Objects.requireNonNull(new WrongPropertyAnalyzer().analyze(failure));
    assertThat(analysis.getDescription()).contains("tallystick.mode is not set");
    assertThat(analysis.getAction()).contains("sync", "spooled", "best-effort");
  }

  @Test
  void withoutAKeyThatMayReadActuatorSaysWhereTheEventsAre() {
    try (ConfigurableApplicationContext context = withoutWeb("tallystick.mode=best-effort")) {
      AuditEventRepository repository = context.getBean(AuditEventRepository.class);
      assertThatThrownBy(() -> repository.find(null, null, null))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("tallystick.read-key-file");
    }
  }

  private static ConfigurableApplicationContext withoutWeb(String... properties) {
    return application(Batch.class, properties).web(WebApplicationType.NONE).run();
  }

  /** An application that serves nothing. */
  @EnableAutoConfiguration
  static class Batch {}
}
