package io.tallystick.forward.net;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.service.witness.WholeAnswer;
import io.tallystick.store.log.SafePoint;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLException;

/**
 * A receiver that speaks HTTP: its address, whom to trust, who we are, and how long it may think.
 * Credentials are read from their files for each request, so that new ones need no restart. Used by
 * one thread.
 */
public final class HttpReceiver implements Closeable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_ANSWER_BYTES = 32 << 20;

  private final SinkSettings settings;
  private final String tokenScheme;
  private final URI address;
  private final Duration timeout;
  private final boolean gzip;
  private final HttpClient client;

  /**
   * The receiver of these settings. It is not asked anything yet.
   *
   * @param tokenScheme what stands before the token in {@code Authorization}
   */
  public HttpReceiver(SinkSettings settings, String tokenScheme) throws IOException {
    this.settings = settings;
    this.tokenScheme = tokenScheme;
    address = HttpAddress.of(settings);
    timeout = Duration.ofSeconds(settings.number("timeout_seconds", 30, 1, 600));
    gzip = settings.flag("gzip", false);
    Authorization.check(settings);
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .sslContext(Trust.context(settings))
            .build();
  }

  /** The settings that it reads, and these. */
  public static Set<String> settings(String... more) {
    Set<String> all = new HashSet<>(Trust.SETTINGS);
    all.addAll(HttpAddress.SETTINGS);
    all.addAll(List.of("timeout_seconds", "gzip"));
    all.addAll(Authorization.SETTINGS);
    all.addAll(List.of(more));
    return Set.copyOf(all);
  }

  /** Checks these settings without asking anybody. */
  public static void check(SinkSettings settings) throws IOException {
    new HttpReceiver(settings, "Bearer").close();
  }

  /** Its host and port, for messages. */
  public String name() {
    return address.getRawAuthority();
  }

  /** Posts a body to a path below the address, which may be empty. */
  public HttpAnswer post(String path, String contentType, byte[] body, Map<String, String> headers)
      throws SinkException, InterruptedException {
    return send("POST", path, contentType, body, headers);
  }

  /**
   * Sends a request and waits for the whole answer.
   *
   * @throws SinkException if there is none in time
   */
  public HttpAnswer send(
      String method, String path, String contentType, byte[] body, Map<String, String> headers)
      throws SinkException, InterruptedException {
    try {
      HttpRequest request = request(method, path, contentType, body, headers);
      HttpResponse<byte[]> response =
          awaited(() -> WholeAnswer.to(request, client, MAX_ANSWER_BYTES, timeout));
      return new HttpAnswer(name(), response.statusCode(), response.headers(), response.body());
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /**
   * Posts a body and gives the answer as it comes, which may be long; what is read of it has the
   * time-out too, each time.
   *
   * @throws IOException if there is none, or it is no success
   */
  public InputStream stream(String path, String contentType, byte[] body)
      throws IOException, InterruptedException {
    try {
      HttpRequest request = request("POST", path, contentType, body, Map.of());
      HttpResponse<InputStream> response =
          awaited(() -> client.send(request, HttpResponse.BodyHandlers.ofInputStream()));
      if (response.statusCode() / 100 == 2) {
        return new PatientStream(response.body(), timeout);
      }
      try (InputStream in = response.body()) {
        throw new HttpAnswer(
                name(), response.statusCode(), response.headers(), in.readNBytes(1 << 10))
            .failure();
      }
    } catch (SinkException | SettingException e) {
      throw e;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Others compute while this waits for the network. */
  private static <T> T awaited(SafePoint.Wait<T> wait) throws IOException, InterruptedException {
    return Objects.requireNonNull(SafePoint.awaiting(wait));
  }

  private HttpRequest request(
      String method, String path, String contentType, byte[] body, Map<String, String> headers)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address(path)).timeout(timeout).header("Content-Type", contentType);
    Authorization.set(settings, tokenScheme, request);
    headers.forEach(request::setHeader);
    byte[] sent = body;
    if (gzip && body.length > 0) {
      sent = compressed(body);
      request.header("Content-Encoding", "gzip");
    }
    return request.method(method, HttpRequest.BodyPublishers.ofByteArray(sent)).build();
  }

  /** The address of a path below the receiver's, with its query. */
  public URI address(String path) {
    String base = address.toString();
    String query = address.getRawQuery();
    if (path.isEmpty()) {
      return address;
    }
    String before = query == null ? base : base.substring(0, base.length() - query.length() - 1);
    String slashless = before.endsWith("/") ? before.substring(0, before.length() - 1) : before;
    String joined = path.contains("?") ? "&" : "?";
    return URI.create(slashless + path + (query == null ? "" : joined + query));
  }

  private static byte[] compressed(byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 4);
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(body);
    }
    return bytes.toByteArray();
  }

  private SinkException failure(IOException e) {
    String problem =
        switch (e) {
          case SettingException setting -> String.valueOf(setting.getMessage());
          case HttpTimeoutException _ ->
              name() + " did not answer in " + timeout.toSeconds() + " s";
          case ConnectException _ -> name() + " can't be connected to";
          case SSLException _ ->
              name() + " has no TLS that ca_file trusts, or refuses our certificate";
          default -> "the connection to " + name() + " broke";
        };
    return new SinkException(problem, e);
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  /** An answer that is read as it comes, and may pause no longer than this. */
  private static final class PatientStream extends FilterInputStream {
    private final Duration timeout;

    PatientStream(InputStream in, Duration timeout) {
      super(in);
      this.timeout = timeout;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      try (Watchdog _ = Watchdog.on(in, timeout)) {
        return in.available() > 0
            ? in.read(target, offset, length)
            : awaited(() -> in.read(target, offset, length));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("interrupted").initCause(e);
      }
    }
  }

  /** Who we say we are. */
  private static final class Authorization {
    static final Set<String> SETTINGS =
        Set.of("token_file", "token_header", "username", "password_file", "headers");

    static void check(SinkSettings settings) throws IOException {
      if (settings.has("token_file") && settings.has("username")) {
        throw settings.wrong("username", "can't stand beside token_file; use one of the two");
      }
      if (settings.has("username") != settings.has("password_file")) {
        throw settings.wrong("password_file", "and username belong together, but one is missing");
      }
      set(settings, "Bearer", HttpRequest.newBuilder());
    }

    static void set(SinkSettings settings, String scheme, HttpRequest.Builder request)
        throws IOException {
      try {
        headers(settings, scheme).forEach(request::setHeader);
      } catch (IllegalArgumentException e) {
        // Not with the library's words: they contain the value.
        throw settings.wrong(
            settings.has("headers") ? "headers" : "token_file",
            "has a name or a value that no HTTP header can have, or sets one that is set already");
      }
    }

    /** The headers; read anew, because the files may have changed. */
    private static Map<String, String> headers(SinkSettings settings, String scheme)
        throws IOException {
      Map<String, String> headers = settings.map("headers");
      String token = settings.secretOrNull("token_file");
      String header = settings.textOrNull("token_header");
      String user = settings.textOrNull("username");
      if (token != null && header != null) {
        headers.put(header, token);
      } else if (token != null) {
        headers.put("Authorization", scheme + " " + token);
      } else if (user != null) {
        byte[] both = (user + ":" + settings.secret("password_file")).getBytes(UTF_8);
        headers.put("Authorization", "Basic " + Base64.getEncoder().encodeToString(both));
      }
      return headers;
    }
  }
}
