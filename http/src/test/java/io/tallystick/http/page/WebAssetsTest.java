package io.tallystick.http.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.http.TestServer;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the page's files are served. */
class WebAssetsTest {
  private static final int MOST_COMPRESSED_BYTES = 200_000;
  private static final Pattern LINK = Pattern.compile("(?:href|src)=\"(/web/[^\"]+)\"");
  private static final Pattern IMPORT = Pattern.compile("from ?['\"]\\./([\\w.]+)['\"]");

  @TempDir Path data;
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
    return server.sendForBytes(headers.length == 0 ? request : request.headers(headers));
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  @Test
  void everyViewIsThePageAndAllowsNothingFromElsewhere() throws Exception {
    for (String path :
        List.of("/", "/entries/7", "/overview", "/verify", "/checkpoints", "/retention", "/keys")) {
      HttpResponse<byte[]> page = get(path);
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(header(page, "Content-Type")).isEqualTo("text/html;charset=utf-8");
      assertThat(header(page, "Content-Security-Policy").split("; ?"))
          .contains(
              "default-src 'none'",
              "script-src 'self'",
              "style-src 'self'",
              "font-src 'self'",
              "img-src 'self'",
              "connect-src 'self'",
              "frame-ancestors 'none'")
          .noneMatch(rule -> rule.contains("unsafe") || rule.contains("*"));
      assertThat(header(page, "X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(header(page, "Referrer-Policy")).isEqualTo("no-referrer");
    }
    for (String path : List.of("/healthz", "/api/audit", "/nothing", "/web/nothing.js")) {
      HttpResponse<byte[]> other = get(path);
      assertThat(header(other, "Content-Security-Policy")).startsWith("default-src 'none'; frame");
      assertThat(header(other, "X-Content-Type-Options")).isEqualTo("nosniff");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8 | true
          text/html                                                       | true
          application/json;q=0.5, text/html                               | true
          text/html;q=0.5, application/json                               | false
          application/json                                                | false
          text/html;q=0                                                   | false
          */*                                                             | false
          text/plain                                                      | false
          ''                                                              | false
          """)
  void anUnknownPathIsAPageForWhoeverPrefersHtml(String accept, boolean isPage) throws Exception {
    for (String path : List.of("/entires/5", "/api/nothing", "/web/nothing.js")) {
      HttpResponse<byte[]> answer = get(path, "Accept", accept);
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(header(answer, "Content-Type"))
          .isEqualTo(isPage ? "text/html;charset=utf-8" : "application/problem+json");
      assertThat(header(answer, "Cache-Control")).isEqualTo("no-store");
      assertThat(header(answer, "Content-Security-Policy"))
          .contains("frame-ancestors 'none'")
          .doesNotContain("unsafe");
      assertThat(new String(answer.body(), StandardCharsets.UTF_8))
          .contains(isPage ? "Go to the entries" : "There is nothing here");
    }
  }

  @Test
  void whatIsThereIsNeverThatPage() throws Exception {
    String html = "text/html";
    assertThat(get("/api/audit", "Accept", html).statusCode()).isEqualTo(401);
    HttpResponse<byte[]> wrongMethod =
        server.sendForBytes(
            HttpRequest.newBuilder(server.uri("/nothing"))
                .header("Accept", html)
                .POST(HttpRequest.BodyPublishers.noBody()));
    assertThat(wrongMethod.statusCode()).isEqualTo(404);
    assertThat(header(wrongMethod, "Content-Type")).isEqualTo("application/problem+json");
  }

  @Test
  void everythingThePageLoadsIsThereAndLightTogether() throws Exception {
    Map<String, Integer> compressed = new HashMap<>();
    Deque<String> left = new ArrayDeque<>(List.of("/"));
    while (!left.isEmpty()) {
      String path = left.remove();
      if (compressed.containsKey(path)) {
        continue;
      }
      HttpResponse<byte[]> plain = get(path);
      HttpResponse<byte[]> gzip = get(path, "Accept-Encoding", "gzip");
      assertThat(plain.statusCode()).as(path).isEqualTo(200);
      assertThat(header(gzip, "Content-Encoding")).isEqualTo("gzip");
      compressed.put(path, gzip.body().length);
      String text = new String(plain.body(), StandardCharsets.UTF_8);
      for (Matcher m = LINK.matcher(text); m.find(); ) {
        left.add(m.group(1));
      }
      for (Matcher m = IMPORT.matcher(text); path.endsWith(".js") && m.find(); ) {
        left.add("/web/" + m.group(1));
      }
    }
    int sum = compressed.values().stream().mapToInt(Integer::intValue).sum();
    System.out.printf("the page: %d files, %,d bytes compressed%n", compressed.size(), sum);
    assertThat(compressed).hasSizeGreaterThan(20);
    assertThat(sum).isLessThan(MOST_COMPRESSED_BYTES);
  }

  @Test
  void aBrowserThatHasAFileIsToldSo() throws Exception {
    HttpResponse<byte[]> first = get("/web/app.js");
    assertThat(header(first, "Cache-Control")).isEqualTo("no-cache");
    HttpResponse<byte[]> again = get("/web/app.js", "If-None-Match", header(first, "ETag"));
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(get("/web/app.js", "If-None-Match", "\"other\"").statusCode()).isEqualTo(200);
  }
}
