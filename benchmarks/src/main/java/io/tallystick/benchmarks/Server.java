package io.tallystick.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server of a build of Tallystick, on a log of its own. */
final class Server implements AutoCloseable {
  private static final Pattern ADDRESS = Pattern.compile("http://([0-9.]+):([0-9]+)");

  private static final Duration LOOK = Duration.ofMillis(200);
  private static final int SETTLING = 100;

  final InetSocketAddress address;
  private final Path data;
  private final Process process;

  /**
   * @param launcher of the build
   * @param options besides its data and its port
   */
  Server(String launcher, String... options) throws IOException {
    this.data = Directories.create("server");
    List<String> command =
        new ArrayList<>(List.of(launcher, "serve", "--data", data.toString(), "--port", "0"));
    command.addAll(List.of(options));
    this.process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    this.address = address(process.inputReader(UTF_8));
  }

  private static InetSocketAddress address(BufferedReader out) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher address = ADDRESS.matcher(line);
      if (address.find()) {
        URI uri = URI.create(address.group());
        return new InetSocketAddress(uri.getHost(), uri.getPort());
      }
    }
    throw new IOException("the server ended");
  }

  /** The key with every permission. */
  String key() throws IOException {
    return Files.readString(data.resolve("admin.key")).strip();
  }

  /** A request that appends events. */
  byte[] append(String contentType, String body) throws IOException {
    String head =
        "POST /api/audit/events HTTP/1.1\r\nHost: localhost\r\nX-API-Key: "
            + key()
            + "\r\nContent-Type: "
            + contentType
            + "\r\nContent-Length: "
            + body.getBytes(UTF_8).length
            + "\r\n\r\n";
    return (head + body).getBytes(UTF_8);
  }

  /** Waits until the server has nothing left to do. */
  void settle() throws InterruptedException {
    Duration before = used();
    for (int i = 0; i < SETTLING; i++) {
      Thread.sleep(LOOK);
      Duration now = used();
      if (now.minus(before).compareTo(LOOK.dividedBy(10)) < 0) {
        return;
      }
      before = now;
    }
  }

  /** How much memory the process has. */
  long residentMegabytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10;
      }
    }
    throw new IOException("the server ended");
  }

  private Duration used() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Directories.delete(data);
  }
}
