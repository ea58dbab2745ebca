package io.tallystick.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Entry;
import io.tallystick.forward.Forwarding;
import io.tallystick.forward.ForwardingFile;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.KeySpec;
import io.tallystick.service.access.Permission;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** A real server on a real log, and a client for it. */
public final class TestServer implements AutoCloseable {
  public static final ObjectMapper JSON = new ObjectMapper();
  public static final ServerConfig CONFIG = ServerConfig.builder().port(0).build();

  /** So many failures from one address that tests meet no limit by chance. */
  public static final ServerConfig.Limits LIMITS =
      new ServerConfig.Limits(10_000, 8 << 20, 64L << 20, 4_096, 1_000, Duration.ofMinutes(1));

  /** Names of the server in requests that tests write byte for byte. */
  public static final List<String> HOSTS = List.of("x", "a_b");

  public final AuditLog log;
  public final AuditIndex index;
  final AccessKeys keys;
  public final AuditServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  private TestServer(AuditLog log, AuditIndex index, AccessKeys keys, AuditServer server) {
    this.log = log;
    this.index = index;
    this.keys = keys;
    this.server = server;
  }

  public static TestServer start(Path data) throws IOException, InterruptedException {
    return start(data, config(LIMITS, ServerConfig.Timeouts.defaults()));
  }

  public static ServerConfig config(ServerConfig.Limits limits, ServerConfig.Timeouts timeouts) {
    return ServerConfig.builder()
        .host(CONFIG.host())
        .port(0)
        .allowedHosts(HOSTS)
        .limits(limits)
        .timeouts(timeouts)
        .build();
  }

  /** So much for a client that sends or takes nothing, and for a header or a body. */
  static ServerConfig.Timeouts patience(Duration idle, Duration body) {
    return new ServerConfig.Timeouts(idle, body, Duration.ofSeconds(30), Duration.ofSeconds(1));
  }

  public static TestServer start(Path data, ServerConfig config)
      throws IOException, InterruptedException {
    return start(data, LogConfig.defaults(), config);
  }

  public static TestServer start(Path data, LogConfig logConfig, ServerConfig config)
      throws IOException, InterruptedException {
    AuditLog log = AuditLog.open(data, logConfig);
    AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index());
    AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
    return new TestServer(log, index, keys, AuditServer.start(log, index, keys, config));
  }

  /** Forwards the log to the sinks of this file. The caller closes it. */
  Forwarding forward(Path yaml) throws Exception {
    String origin = log.reader().identity().origin();
    return Forwarding.start(ForwardingFile.read(yaml, origin), log, index);
  }

  /** Another server of the same log, which knows this forwarding. The caller closes it. */
  AuditServer serve(Forwarding forwarding) throws Exception {
    WitnessFeeder noWitness =
        new WitnessFeeder(log.reader().tree(), List.of(), WitnessFeeder.EVERY);
    return AuditServer.start(log, index, keys, CONFIG, noWitness, forwarding);
  }

  /** A new key with these permissions. */
  public String key(Permission... permissions) throws IOException, InterruptedException {
    return key("key-" + UUID.randomUUID(), permissions);
  }

  public String key(String name, Permission... permissions)
      throws IOException, InterruptedException {
    return new KeyAdministration(log, keys)
        .create(name, List.of(permissions), null, Actor.SERVER)
        .text();
  }

  /** A new key as it is asked for. */
  public String key(KeySpec wanted) throws IOException, InterruptedException {
    return new KeyAdministration(log, keys).create(wanted, Actor.SERVER).text();
  }

  /** A key that sees this scope alone and has permissions that no such key can be given. */
  public String overreaching(Scope only, Permission... permissions) throws IOException {
    String id = "00000000000000aa";
    AccessKey key =
        new AccessKey(
            id,
            "overreaching",
            Set.of(permissions),
            false,
            only,
            Map.of(),
            List.of(),
            Instant.now(),
            null,
            null,
            null);
    String text = "tally_" + id + "_" + "5".repeat(64);
    keys.add(new AccessKeys.NewKey(key, text));
    return text;
  }

  /** A new key that no entry tells of, for a log that takes none. */
  public String unlogged(Permission... permissions) throws IOException {
    AccessKeys.NewKey made = keys.make("key-" + UUID.randomUUID(), List.of(permissions), null);
    keys.add(made);
    return made.text();
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  public HttpRequest.Builder request(String path, String key) {
    return HttpRequest.newBuilder(uri(path)).header("X-API-Key", key);
  }

  public HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  public HttpResponse<byte[]> sendForBytes(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  public HttpResponse<String> get(String path, String key)
      throws IOException, InterruptedException {
    return send(request(path, key));
  }

  public HttpResponse<String> post(String path, String key, String contentType, byte[] body)
      throws IOException, InterruptedException {
    return send(
        request(path, key)
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  /** Posts events as JSON. */
  public HttpResponse<String> append(String key, String json)
      throws IOException, InterruptedException {
    return post(
        "/api/audit/events", key, "application/json", json.getBytes(StandardCharsets.UTF_8));
  }

  public JsonNode json(String path, String key) throws IOException, InterruptedException {
    HttpResponse<String> response = get(path, key);
    if (response.statusCode() != 200) {
      throw new AssertionError(path + ": " + response.statusCode() + " " + response.body());
    }
    return JSON.readTree(response.body());
  }

  public StoredEntry entry(long id) throws IOException {
    return log.reader().read(id).orElseThrow();
  }

  /** The entries from this id on. */
  public List<Entry> entriesFrom(long id) throws IOException {
    List<Entry> entries = new ArrayList<>();
    log.reader().forEach(id, Long.MAX_VALUE, entry -> entries.add(entry.decode()));
    return entries;
  }

  /** The event types of the entries from this id on. */
  public List<String> typesFrom(long id) throws IOException {
    return entriesFrom(id).stream().map(entry -> entry.event().eventType()).toList();
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
    index.close();
    log.close();
  }
}
