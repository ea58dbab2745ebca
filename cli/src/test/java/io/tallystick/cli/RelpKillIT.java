package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * rsyslog sends over RELP while the server is ended with SIGKILL at random moments. Every message
 * is in the log in the end, and none is there twice, because rsyslog says when it came to the
 * microsecond.
 */
@Timeout(600)
class RelpKillIT {
  private static final int MESSAGES = 20_000;
  private static final int KILLS = 10;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private String url = "";
  private String key = "";
  private int relp;

  private Process serve() throws IOException {
    Path ingest = folder.resolve("ingest.yaml");
    Files.writeString(
        ingest,
        """
        receivers:
          - {name: relp, type: syslog, key: admin, listen: "127.0.0.1:%d", transport: relp}
        """
            .formatted(relp));
    List<String> words = new ArrayList<>(Tally.java("-XX:+UseSerialGC", "-cp"));
    words.add(System.getProperty("java.class.path"));
    words.addAll(List.of(Main.class.getName(), "serve", "--port", "0"));
    words.addAll(List.of("--data", folder.resolve("data").toString()));
    words.addAll(List.of("--ingest", ingest.toString()));
    Process process =
        new ProcessBuilder(words)
            .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("errors").toFile()))
            .start();
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)).readLine();
    assertThat(line).contains(" at http://");
    url = line.substring(line.indexOf("http://"), line.indexOf(';'));
    key = Files.readString(folder.resolve("data/admin.key")).strip();
    return process;
  }

  private Process rsyslog(Path socket) throws Exception {
    Path config = folder.resolve("rsyslog.conf");
    Files.writeString(
        config,
        """
        global(workDirectory="%1$s")
        module(load="imuxsock" SysSock.Use="off")
        module(load="omrelp")
        main_queue(queue.size="100000")
        input(type="imuxsock" Socket="%2$s" CreatePath="on" RateLimit.Interval="0")
        template(name="new" type="string" string="<%%PRI%%>1 %%TIMESTAMP:::date-rfc3339%% %%HOSTNAME%% %%APP-NAME%% %%PROCID%% %%MSGID%% %%STRUCTURED-DATA%% %%msg%%")
        action(type="omrelp" target="127.0.0.1" port="%3$d" template="new" timeout="10"
          action.resumeRetryCount="-1" action.resumeInterval="1"
          queue.type="LinkedList" queue.size="100000")
        """
            .formatted(folder, socket, relp));
    Process rsyslog =
        new ProcessBuilder(
                "/usr/sbin/rsyslogd",
                "-n",
                "-f",
                config.toString(),
                "-i",
                folder.resolve("pid").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("rsyslog.out").toFile())
            .start();
    while (!Files.exists(socket)) {
      Thread.sleep(20);
    }
    return rsyslog;
  }

  /** How often each message is in the log. */
  private Map<String, Integer> written() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/api/audit/export"))
            .header("X-API-Key", key)
            .build();
    Map<String, Integer> written = new HashMap<>();
    for (String line :
        client.send(request, HttpResponse.BodyHandlers.ofString()).body().lines().toList()) {
      String action = JSON.readTree(line).path("action").asText().strip();
      if (action.startsWith("line ")) {
        written.merge(action, 1, Integer::sum);
      }
    }
    return written;
  }

  private long metric(String name) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/metrics")).header("X-API-Key", key).build();
    return client
        .send(request, HttpResponse.BodyHandlers.ofString())
        .body()
        .lines()
        .filter(line -> line.startsWith("tallystick_" + name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
        .sum();
  }

  /** How many messages that came a second time were recognised since the server started. */
  private long repeated() throws Exception {
    return metric("replayed_events_total");
  }

  @Test
  void everyMessageOfRsyslogIsInTheLogOnceHoweverOftenTheServerIsKilled() throws Exception {
    assumeTrue(Boolean.getBoolean("tallystick.long"), "takes a minute: ./check --long");
    assumeTrue(
        Files.isExecutable(Path.of("/usr/sbin/rsyslogd"))
            && Files.isExecutable(Path.of("/usr/bin/logger")),
        "rsyslog or logger is not installed");
    Random random = new Random();
    try (ServerSocket free = new ServerSocket(0)) {
      relp = free.getLocalPort();
    }
    Path socket = folder.resolve("in.sock");
    Process server = serve();
    Process rsyslog = rsyslog(socket);
    Process logger = null;
    long repeated = 0;
    try {
      Path lines = folder.resolve("lines");
      Files.write(lines, IntStream.range(0, MESSAGES).mapToObj(i -> "line " + i).toList());
      logger =
          new ProcessBuilder("logger", "--socket", socket.toString(), "--file", lines.toString())
              .start();
      for (int kill = 0; kill < KILLS; kill++) {
        long before = metric("log_entries");
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (metric("log_entries") < before + 100 && System.nanoTime() < deadline) {
          Thread.sleep(5);
        }
        Thread.sleep(random.nextInt(50));
        repeated += repeated();
        server.destroyForcibly().waitFor();
        server = serve();
      }
      long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
      while (written().size() < MESSAGES && System.nanoTime() < deadline) {
        Thread.sleep(200);
      }
      repeated += repeated();
      Map<String, Integer> written = written();
      long doubles = written.values().stream().mapToLong(times -> times - 1).sum();
      System.out.printf(
          "RELP: %,d kills, %,d messages, %,d of them in the log, %,d doubles; at least %,d were"
              + " sent again and recognised%n",
          KILLS, MESSAGES, written.size(), doubles, repeated);
      assertThat(written).hasSize(MESSAGES);
      assertThat(doubles).isZero();
    } finally {
      if (logger != null) {
        logger.destroy();
      }
      rsyslog.destroy();
      boolean _ = rsyslog.waitFor(20, TimeUnit.SECONDS);
      server.destroyForcibly().waitFor();
    }
  }
}
