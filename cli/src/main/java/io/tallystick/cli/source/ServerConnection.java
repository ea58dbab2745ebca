package io.tallystick.cli.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Requests to a server with a key, and what to say when it refuses or does not answer. */
public final class ServerConnection implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern BEHIND = Pattern.compile("answered-through=([0-9]{1,19})");
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  private final String base;
  private final @Nullable String key;
  private final Consumer<String> notes;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();

  /**
   * A server.
   *
   * @param url as in {@code --url}
   * @param key the API key; {@code null} to ask without one
   * @param notes receives a sentence about each answer that is true, but not of the whole log
   */
  public ServerConnection(String url, @Nullable String key, Consumer<String> notes) {
    try {
      URI uri = new URI(url);
      String scheme = String.valueOf(uri.getScheme());
      if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
        throw new URISyntaxException(url, "no http or https URL");
      }
    } catch (URISyntaxException e) {
      throw new Failure(
          Failure.USAGE,
          "--url must be a URL like http://127.0.0.1:8470, but was \"" + Printable.of(url) + "\"");
    }
    this.base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.key = key;
    this.notes = notes;
  }

  /** The server's address without a slash at its end. */
  String base() {
    return base;
  }

  /** The whole answer to a GET. */
  public byte[] read(String path) throws IOException, InterruptedException {
    try (InputStream answer = send(request(path).GET().build())) {
      return answer.readAllBytes();
    }
  }

  /** The whole answer to a POST of JSON. */
  public byte[] post(String path, ObjectNode wanted) throws IOException, InterruptedException {
    HttpRequest request =
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(wanted)))
            .build();
    try (InputStream answer = send(request)) {
      return answer.readAllBytes();
    }
  }

  /** A request with the key. */
  public HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT);
    if (key != null) {
      try {
        request.header("X-API-Key", key);
      } catch (IllegalArgumentException e) {
        throw new Failure(
            Failure.USAGE, "the API key has characters that no key has; check TALLY_API_KEY");
      }
    }
    return request;
  }

  /**
   * What the server answers; the caller closes it.
   *
   * @throws Failure if it answers that it does not
   */
  public InputStream send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<InputStream> answer;
    try {
      answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw unanswered(e);
    }
    if (answer.statusCode() / 100 == 2) {
      noteIfBehind(answer);
      return answer.body();
    }
    try (InputStream body = answer.body()) {
      throw refused(answer.statusCode(), body.readNBytes(1 << 20));
    }
  }

  private void noteIfBehind(HttpResponse<?> answer) {
    String notice = answer.headers().firstValue("Tallystick-Index").orElse("");
    Matcher behind = BEHIND.matcher(notice);
    if (notice.equals("behind")) {
      notes.accept("the server's index is behind the log; the newest entries may be missing");
    } else if (behind.find()) {
      notes.accept(
          "the server's index is behind the log; this answer covers entries up to "
              + behind.group(1));
    }
  }

  private Failure unanswered(IOException e) {
    String message =
        switch (e) {
          case HttpConnectTimeoutException _ ->
              "can't connect to %s: it does not answer within %d seconds"
                  .formatted(base, CONNECT_TIMEOUT.toSeconds());
          case HttpTimeoutException _ ->
              "%s did not answer within %d minutes".formatted(base, TIMEOUT.toMinutes());
          case ConnectException _ when isUnknownHost(e) ->
              "can't connect to %s: there is no such host; check --url".formatted(base);
          case ConnectException _ ->
              "can't connect to %s: nothing accepts connections there; is the server running?"
                  .formatted(base);
          case SSLException _ ->
              "can't connect to %s: its certificate is not trusted here, or it does not speak TLS"
                  .formatted(base);
          default -> base + " closed the connection before it answered";
        };
    boolean isSent =
        !(e instanceof HttpConnectTimeoutException
            || e instanceof ConnectException
            || e instanceof SSLException);
    return isSent ? Failure.unanswered(message) : Failure.temporary(Failure.UNREACHABLE, message);
  }

  private static boolean isUnknownHost(@Nullable Throwable e) {
    return e != null && (e instanceof UnresolvedAddressException || isUnknownHost(e.getCause()));
  }

  private Failure refused(int status, byte[] body) {
    String detail = "";
    try {
      JsonNode problem = JSON.readTree(body);
      detail = problem == null ? "" : problem.path("detail").asText("");
    } catch (IOException e) {
      detail = e instanceof JsonProcessingException ? "" : String.valueOf(e.getMessage());
    }
    String message =
        base + " answers " + status + (detail.isEmpty() ? "" : ": " + Printable.of(detail));
    return switch (status) {
      case 401, 403 -> new Failure(Failure.NOT_PERMITTED, message);
      case 429 -> Failure.temporary(Failure.NOT_PERMITTED, message);
      case 400, 404, 405, 409, 413, 415, 422 -> new Failure(Failure.USAGE, message);
      default -> Failure.temporary(Failure.UNREACHABLE, message);
    };
  }

  @Override
  public void close() {
    client.close();
  }
}
