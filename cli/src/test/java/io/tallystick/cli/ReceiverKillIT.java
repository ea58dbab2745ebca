package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server is ended with SIGKILL at random moments while senders send, each of which repeats a
 * request until it is told that it arrived. Every event that a sender believes delivered is in the
 * log, and none is there twice.
 */
@Timeout(900)
class ReceiverKillIT {
  private static final int KILLS = Boolean.getBoolean("tallystick.long") ? 50 : 2;
  private static final int SENDERS = 3;
  private static final int EVENTS = 5;
  private static final String CHANNEL = "fe0ecfad-13d5-401b-847d-77833bd7713";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Set<String> delivered = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private String url = "";
  private String key = "";

  private Process serve(int port) throws IOException {
    Path ingest = folder.resolve("ingest.yaml");
    Files.writeString(
        ingest,
        """
        receivers:
          - {name: otel, type: otlp, customary_path: true}
          - {name: splunk, type: hec, acknowledgement: true, customary_path: true}
        """);
    List<String> words = new ArrayList<>(Tally.java("-XX:+UseSerialGC", "-cp"));
    words.add(System.getProperty("java.class.path"));
    words.addAll(List.of(Main.class.getName(), "serve", "--port", Integer.toString(port)));
    words.addAll(List.of("--data", folder.resolve("data").toString()));
    words.addAll(List.of("--ingest", ingest.toString()));
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)).readLine();
    assertThat(line).contains(" at http://");
    url = line.substring(line.indexOf("http://"), line.indexOf(';'));
    key = Files.readString(folder.resolve("data/admin.key")).strip();
    return process;
  }

  /** What the server answered; missing if it is not there, or if that is no success. */
  private JsonNode post(String path, int sender, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(Duration.ofSeconds(20))
            .header("Authorization", "Splunk " + key)
            .header("Content-Type", "application/json")
            .header("X-Splunk-Request-Channel", CHANNEL + sender)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == 200 ? JSON.readTree(answer.body()) : MissingNode.getInstance();
    } catch (IOException e) {
      return MissingNode.getInstance();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private boolean deliver(String protocol, int sender, List<String> names) {
    StringBuilder body = new StringBuilder();
    if (protocol.equals("otlp")) {
      for (String name : names) {
        body.append(body.isEmpty() ? "" : ",")
            .append("{\"timeUnixNano\":\"1772614306000000000\",\"body\":{\"stringValue\":\"")
            .append(name)
            .append("\"}}");
      }
      return !post(
              "/v1/logs",
              sender,
              "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[" + body + "]}]}]}")
          .isMissingNode();
    }
    names.forEach(name -> body.append("{\"time\":1,\"event\":\"" + name + "\"}"));
    JsonNode sent = post("/services/collector/event", sender, body.toString());
    // Splunk's senders count an event as delivered when its acknowledgement is true.
    return sent.has("ackId")
        && post("/services/collector/ack", sender, "{\"acks\":[" + sent.get("ackId") + "]}")
            .path("acks")
            .path(sent.get("ackId").asText())
            .asBoolean();
  }

  private void send(String protocol, int sender) {
    for (int i = 0; !stopped.get(); i++) {
      List<String> names = new ArrayList<>();
      for (int j = 0; j < EVENTS; j++) {
        names.add(protocol + "-" + sender + "-" + i + "-" + j);
      }
      while (!stopped.get()) {
        if (deliver(protocol, sender, names)) {
          delivered.addAll(names);
          break;
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"otlp", "hec"})
  void whatASenderBelievesDeliveredIsInTheLogOnce(String protocol) throws Exception {
    Random random = new Random();
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Process server = serve(port);
    List<Thread> senders = new ArrayList<>();
    try {
      for (int i = 0; i < SENDERS; i++) {
        int sender = i;
        senders.add(Thread.ofVirtual().start(() -> send(protocol, sender)));
      }
      for (int kill = 0; kill < KILLS; kill++) {
        int before = delivered.size();
        while (delivered.size() < before + SENDERS * EVENTS) {
          Thread.sleep(10);
        }
        Thread.sleep(random.nextInt(300));
        server.destroyForcibly().waitFor();
        server = serve(port);
      }
      int before = delivered.size();
      while (delivered.size() < before + SENDERS * EVENTS) {
        Thread.sleep(10);
      }
      stopped.set(true);
      for (Thread sender : senders) {
        sender.join();
      }
      Map<String, Integer> written = written(protocol);
      assertThat(written.keySet()).containsAll(delivered);
      assertThat(written).allSatisfy((name, times) -> assertThat(times).as(name).isEqualTo(1));
      System.out.printf(
          "%s: %d kills, %d delivered, %d in the log%n",
          protocol, KILLS, delivered.size(), written.size());
    } finally {
      stopped.set(true);
      server.destroyForcibly().waitFor();
    }
  }

  /** How often each event is in the log. */
  private Map<String, Integer> written(String protocol) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/api/audit/export"))
            .header("X-API-Key", key)
            .build();
    Map<String, Integer> written = new HashMap<>();
    for (String line :
        client.send(request, HttpResponse.BodyHandlers.ofString()).body().lines().toList()) {
      String action = JSON.readTree(line).path("action").asText();
      if (action.startsWith(protocol + "-")) {
        written.merge(action, 1, Integer::sum);
      }
    }
    return written;
  }
}
