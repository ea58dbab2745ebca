package io.tallystick.forward.net;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tallystick.forward.Samples;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;

/** An HTTP server for tests, which can be killed and started again on its port. */
public final class TestReceiver implements AutoCloseable {
  /** What it answers to a request. */
  @FunctionalInterface
  public interface Handler {
    Reply answer(HttpExchange request, byte[] body);
  }

  /** An answer; status 0 breaks the connection without one. */
  public record Reply(int status, String body, Map<String, String> headers) {
    public Reply(int status, String body) {
      this(status, body, Map.of());
    }
  }

  private final Handler handler;
  private int port;
  private HttpServer server;
  private ExecutorService threads;

  public TestReceiver(Handler handler) {
    this.handler = handler;
    start();
  }

  public String url() {
    return "http://127.0.0.1:" + port;
  }

  public int port() {
    return port;
  }

  /** Starts it again after {@link #kill}. */
  public void start() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    port = server.getAddress().getPort();
    threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
      body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
    }
    Reply reply = handler.answer(exchange, body);
    if (reply.status() == 0) {
      exchange.close();
      throw new IOException("as if killed");
    }
    reply.headers().forEach(exchange.getResponseHeaders()::set);
    byte[] answer = reply.body().getBytes(UTF_8);
    exchange.sendResponseHeaders(reply.status(), answer.length == 0 ? -1 : answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  public void kill() {
    server.stop(0);
    threads.shutdownNow();
  }

  @Override
  public void close() {
    kill();
  }

  /** Settings of a sink of the log and the name that {@link Samples} have. */
  public static SinkSettings settings(Path base, String format, Map<String, ?> values) {
    return new SinkSettings("test", Samples.SINK, Samples.ORIGIN, format, base, values);
  }

  /** These values and more. */
  public static Map<String, Object> with(Map<String, ?> values, String name, Object value) {
    Map<String, Object> all = new LinkedHashMap<>(values);
    all.put(name, value);
    return all;
  }

  /**
   * Sends all in batches of this size, each again until it is delivered, as the engine does;
   * returns the rejected, with their index among all.
   */
  public static List<Rejected> deliver(Sink sink, List<Outgoing> all, int size) throws Exception {
    List<Rejected> rejected = new ArrayList<>();
    long end = System.nanoTime() + 60_000_000_000L;
    for (int from = 0; from < all.size(); ) {
      int to = Math.min(all.size(), from + size);
      try {
        Delivery delivery = sink.send(all.subList(from, to));
        for (Rejected each : delivery.rejected()) {
          rejected.add(new Rejected(from + each.index(), each.reason()));
        }
        from = to;
      } catch (SinkException e) {
        if (System.nanoTime() > end) {
          throw new AssertionError("not delivered in a minute", e);
        }
        Thread.sleep(20);
      }
    }
    return rejected;
  }
}
