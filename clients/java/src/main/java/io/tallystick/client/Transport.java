package io.tallystick.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Sends requests to one server. Safe for use by many threads. */
final class Transport {
  /** Above the 30 seconds after which the server gives up an append. */
  static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(10);
  private static final Pattern VISIBLE_ASCII = Pattern.compile("[!-~]+");

  private final String url;
  private final ApiKey key;
  private final HttpClient http;

  Transport(String url, ApiKey key, boolean allowHttp, @Nullable SSLContext tls) {
    this.url = check(url, allowHttp);
    this.key = key;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            // A redirect would take the key to another server.
            .followRedirects(HttpClient.Redirect.NEVER);
    if (tls != null) {
      builder.sslContext(tls);
    }
    this.http = builder.build();
  }

  private static String check(String url, boolean allowHttp) {
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException e) {
      uri = URI.create("");
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String host = uri.getHost();
    if (host == null
        || !(scheme.equals("https") || scheme.equals("http"))
        || uri.getUserInfo() != null
        || uri.getQuery() != null
        || uri.getFragment() != null) {
      throw new IllegalArgumentException(
          "url must be that of the server, such as https://audit.example.com, without a user, a"
              + " query or a fragment");
    }
    if (scheme.equals("http") && !allowHttp && !isLoopback(host)) {
      throw new IllegalArgumentException(
          "url must be https, since anybody between here and "
              + host
              + " could read the API key; set allowHttp if that is acceptable");
    }
    return url.replaceFirst("/+$", "");
  }

  private static boolean isLoopback(String host) {
    try {
      // Only what is an address, so that nothing is looked up.
      return host.equals("localhost")
          || ((host.matches("[0-9.]+") || host.startsWith("["))
              && InetAddress.getByName(host).isLoopbackAddress());
    } catch (UnknownHostException e) {
      return false;
    }
  }

  Answer post(String query, String contentType, byte[] body)
      throws IOException, InterruptedException {
    return send(
        request("/api/audit/events" + query)
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  Answer get(String path, String accept) throws IOException, InterruptedException {
    return send(request(path).header("Accept", accept));
  }

  private HttpRequest.Builder request(String path) throws IOException {
    String text;
    try {
      text = key.get();
    } catch (RuntimeException e) {
      // It must not end the thread that sends.
      throw new IOException("the API key cannot be had: " + e, e);
    }
    if (!VISIBLE_ASCII.matcher(text).matches()) {
      throw new IOException("the API key must be visible ASCII characters");
    }
    return HttpRequest.newBuilder(URI.create(url + path)).header("X-API-Key", text);
  }

  private Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<String>> future =
        http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    try {
      HttpResponse<String> response = future.get(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      HttpHeaders headers = response.headers();
      String type = headers.firstValue("Content-Type").orElse("");
      return new Answer(
          response.statusCode(),
          retryAfter(headers.firstValue("Retry-After").orElse("")),
          type.toLowerCase(Locale.ROOT).startsWith("application/problem+json"),
          response.body());
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + REQUEST_TIMEOUT.toSeconds() + " seconds", e);
    } finally {
      future.cancel(true);
    }
  }

  /** Seconds or a date; zero if it is neither. */
  private static Duration retryAfter(String header) {
    Duration wish = Duration.ZERO;
    if (header.matches("[0-9]{1,9}")) {
      wish = Duration.ofSeconds(Long.parseLong(header));
    } else if (!header.isEmpty()) {
      try {
        wish =
            Duration.between(
                Instant.now(),
                ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      } catch (DateTimeParseException e) {
        wish = Duration.ZERO;
      }
    }
    wish = wish.isNegative() ? Duration.ZERO : wish;
    return wish.compareTo(LONGEST_RETRY_AFTER) > 0 ? LONGEST_RETRY_AFTER : wish;
  }

  /**
   * How long to wait before another try, in milliseconds: the server's wish, or twice as long each
   * time; and jitter, so that clients do not all come back at once.
   */
  static long pauseMillis(int attempt, Duration wish) {
    long grown =
        Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << Math.min(attempt, 20));
    return Math.max(wish.toMillis(), grown / 2) + ThreadLocalRandom.current().nextLong(grown / 2);
  }
}
