package io.tallystick.forward;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Receives webhooks, checks their signatures, and keeps what it answered with 200. */
final class WebhookReceiver implements AutoCloseable {
  static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private @Nullable HttpServer server;
  private final int port;

  @GuardedBy("this")
  private final List<JsonNode> records = new ArrayList<>();

  @GuardedBy("this")
  private final List<String> ids = new ArrayList<>();

  @GuardedBy("this")
  private int refused;

  @GuardedBy("this")
  private int silences;

  /** No answer at all: the batch is neither kept nor refused. */
  static final int SILENCE = 0;

  private volatile Answer answer = batch -> 200;

  /** What to answer a batch. */
  @FunctionalInterface
  interface Answer {
    int to(JsonNode batch);
  }

  WebhookReceiver() throws IOException {
    server = listen(0);
    port = server.getAddress().getPort();
  }

  private HttpServer listen(int at) throws IOException {
    HttpServer listening =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
    // One that hangs in the middle of a request must not keep others out.
    listening.setExecutor(task -> {
      var _ = Thread.ofVirtual().start(task);
    });
    listening.createContext("/", this::receive);
    listening.start();
    return listening;
  }

  private void receive(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    JsonNode batch = ForwardingLog.JSON.readTree(body);
    int status = isSigned(exchange, body) ? answer.to(batch) : 401;
    if (status == 302) {
      exchange.getResponseHeaders().set("Location", "/elsewhere");
    } else if (status == 429 || status == 503) {
      exchange.getResponseHeaders().set("Retry-After", "1");
    }
    synchronized (this) {
      ids.add(exchange.getRequestHeaders().getFirst("webhook-id"));
      if (status == SILENCE) {
        silences++;
        return;
      }
      if (status == 200) {
        batch.get("data").forEach(records::add);
      } else {
        refused++;
      }
    }
    byte[] text = status == 400 ? ("no\n" + "thanks ".repeat(9_000)).getBytes(UTF_8) : new byte[0];
    exchange.sendResponseHeaders(status, text.length == 0 ? -1 : text.length);
    exchange.getResponseBody().write(text);
    exchange.close();
  }

  private static boolean isSigned(HttpExchange exchange, byte[] body) {
    String id = exchange.getRequestHeaders().getFirst("webhook-id");
    String time = exchange.getRequestHeaders().getFirst("webhook-timestamp");
    String signatures = exchange.getRequestHeaders().getFirst("webhook-signature");
    return List.of(signatures.split(" ")).contains("v1," + signature(id + "." + time + ".", body));
  }

  private static String signature(String head, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Base64.getDecoder().decode(SECRET.substring(6)), "HmacSHA256"));
      mac.update(head.getBytes(UTF_8));
      return Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  int port() {
    return port;
  }

  void answer(Answer next) {
    answer = next;
  }

  /** Ends abruptly; what comes is refused by the operating system. */
  void kill() {
    if (server != null) {
      server.stop(0);
      server = null;
    }
  }

  void restart() throws IOException {
    server = listen(port);
  }

  synchronized int refused() {
    return refused;
  }

  /** How many batches it did not answer. */
  synchronized int silences() {
    return silences;
  }

  synchronized List<String> ids() {
    return List.copyOf(ids);
  }

  /** What it holds, markers too. */
  synchronized List<JsonNode> records() {
    return List.copyOf(records);
  }

  /** What it holds, for a comparison. */
  Inventory inventory() {
    return new Inventory() {
      @Override
      public void forEach(Consumer<Held> consumer) {
        for (JsonNode record : records()) {
          if (record.has("id")) {
            consumer.accept(
                new Held(
                    record.get("id").asLong(),
                    record.get("seq").asLong(),
                    record.get("hash").asText(),
                    record.toString().getBytes(UTF_8)));
          }
        }
      }

      @Override
      public void close() {}
    };
  }

  /** The sink that sends here, with its secret in a file of the directory. */
  String yaml(Path directory, Map<String, Object> more) throws IOException {
    Path secret = directory.resolve("webhook.secret");
    if (!Files.exists(secret)) {
      Files.createFile(
          secret,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(secret, SECRET + "\n");
    }
    StringBuilder yaml =
        new StringBuilder(
            """
              - name: hook
                type: webhook
                url: http://127.0.0.1:%d/hook
                secrets: [webhook.secret]
            """
                .formatted(port));
    more.forEach((name, value) -> yaml.append("    " + name + ": " + value + "\n"));
    return yaml.toString();
  }

  @Override
  public void close() {
    kill();
  }
}
