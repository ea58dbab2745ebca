package io.tallystick.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A reverse proxy between the browser and the server. It passes on what is under its prefix, path
 * unchanged, and answers some paths itself.
 */
final class Interceptor implements AutoCloseable {
  private static final Set<String> NOT_PASSED =
      Set.of("connection", "content-length", "host", "upgrade", "transfer-encoding");

  private final int target;
  private final String prefix;
  private final HttpServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, byte[]> answers = new ConcurrentHashMap<>();

  /** Paths outside the prefix that were asked for. */
  final Queue<String> strays = new ConcurrentLinkedQueue<>();

  Interceptor(int target) throws IOException {
    this(target, "/");
  }

  Interceptor(int target, String prefix) throws IOException {
    this.target = target;
    this.prefix = prefix;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Answers this path, and for JSON what has no other answer of bytes, with this from now on. */
  void answer(String path, byte[] body) {
    answers.put(path, body);
  }

  void answer(String path, String body) {
    answer(path, body.getBytes(StandardCharsets.UTF_8));
  }

  private void handle(HttpExchange exchange) throws IOException {
    String accept = String.valueOf(exchange.getRequestHeaders().getFirst("Accept"));
    String path = exchange.getRequestURI().getPath();
    byte[] own = answers.get(path + (accept.contains("octet-stream") ? " bytes" : ""));
    try (exchange) {
      if (!path.startsWith(prefix)) {
        strays.add(path);
        exchange.sendResponseHeaders(404, -1);
      } else if (own != null) {
        exchange.sendResponseHeaders(200, own.length);
        exchange.getResponseBody().write(own);
      } else {
        pass(exchange);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass(HttpExchange exchange) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + target + exchange.getRequestURI()))
            .method(
                exchange.getRequestMethod(),
                HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
    Headers given = exchange.getRequestHeaders();
    for (Map.Entry<String, List<String>> header : given.entrySet()) {
      if (!NOT_PASSED.contains(header.getKey().toLowerCase(java.util.Locale.ROOT))) {
        header.getValue().forEach(value -> request.header(header.getKey(), value));
      }
    }
    request.header("X-Forwarded-Host", String.valueOf(given.getFirst("Host")));
    HttpResponse<InputStream> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    response
        .headers()
        .map()
        .forEach((name, values) -> {
          if (!NOT_PASSED.contains(name.toLowerCase(java.util.Locale.ROOT))) {
            values.forEach(value -> exchange.getResponseHeaders().add(name, value));
          }
        });
    boolean empty = response.statusCode() == 204 || response.statusCode() == 304;
    exchange.sendResponseHeaders(response.statusCode(), empty ? -1 : 0);
    if (!empty) {
      try (InputStream in = response.body();
          OutputStream out = exchange.getResponseBody()) {
        byte[] buffer = new byte[8_192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          out.write(buffer, 0, n);
          out.flush();
        }
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
    threads.shutdownNow();
  }
}
