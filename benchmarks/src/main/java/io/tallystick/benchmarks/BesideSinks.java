package io.tallystick.benchmarks;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * What forwarding costs appends where it goes wrong: {@link PostRates} with a server that forwards
 * to nobody, and one with a sink whose receiver takes a second for each answer and one whose
 * receiver is down.
 *
 * <pre>
 * java -cp benchmarks/target/benchmarks.jar io.tallystick.benchmarks.BesideSinks rounds seconds ./tally
 * </pre>
 */
public final class BesideSinks {
  private static final Duration SLOW = Duration.ofSeconds(1);
  private static final int SECRET_BYTES = 32;

  private BesideSinks() {}

  /** Runs the rounds, and prints each and the ratios to the server without sinks. */
  public static void main(String[] args) throws Exception {
    HttpServer slow = slowReceiver();
    Path directory = Directories.create("forward");
    Path file = directory.resolve("forward.yaml");
    Files.createFile(
        directory.resolve("secret"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        directory.resolve("secret"),
        "whsec_" + Base64.getEncoder().encodeToString(new byte[SECRET_BYTES]));
    Map<String, Server> servers = new LinkedHashMap<>();
    try {
      Files.writeString(file, sinks(slow.getAddress().getPort(), closedPort()));
      servers.put("without sinks", new Server(args[2]));
      servers.put("with sinks", new Server(args[2], "--forward", file.toString()));
      PostRates.compare(servers, Integer.parseInt(args[0]), Double.parseDouble(args[1]));
    } finally {
      for (Server server : servers.values()) {
        server.close();
      }
      slow.stop(0);
      Directories.delete(directory);
    }
  }

  private static String sinks(int slow, int dead) {
    return """
    sinks:
      - {name: slow, type: webhook, format: native, secrets: [secret], url: "http://127.0.0.1:%d/"}
      - {name: dead, type: webhook, format: native, secrets: [secret], url: "http://127.0.0.1:%d/"}
    """
        .formatted(slow, dead);
  }

  private static HttpServer slowReceiver() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          try (InputStream body = exchange.getRequestBody()) {
            body.transferTo(OutputStream.nullOutputStream());
            Thread.sleep(SLOW);
            exchange.sendResponseHeaders(204, -1);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            exchange.close();
          }
        });
    server.start();
    return server;
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
