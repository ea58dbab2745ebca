package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A bucket with versions and object lock, in memory, from what AWS documents of them. */
public final class S3Server implements AutoCloseable {
  /** So few that a list has several pages. */
  private static final int PAGE = 4;

  /** A version of an object; without content it is a delete marker. */
  private static final class Version {
    private final String id;
    private final byte @Nullable [] content;
    private final boolean locked;

    Version(String id, byte @Nullable [] content, boolean locked) {
      this.id = id;
      this.content = content;
      this.locked = locked;
    }
  }

  /** What it answers. */
  private static final class Answer {
    private final int status;
    private final byte[] body;
    private final Map<String, String> headers = new HashMap<>();

    Answer(int status, byte[] body) {
      this.status = status;
      this.body = body;
    }

    Answer(int status) {
      this(status, new byte[0]);
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final boolean versioned;

  /** The versions of each object, the newest last. */
  @GuardedBy("this")
  private final NavigableMap<String, List<Version>> objects = new TreeMap<>();

  @GuardedBy("this")
  private int count;

  /** Statuses to answer first, each with the seconds that it asks to be left alone. */
  final Deque<Map.Entry<Integer, Integer>> busy = new ConcurrentLinkedDeque<>();

  /** Whether it answers with the checksum of what it stored. */
  volatile boolean saysChecksum = true;

  /** Whether it loses the end of what it stores. */
  volatile boolean loses;

  public S3Server(boolean versioned) throws IOException {
    this.versioned = versioned;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/bucket/", this::handle);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** The settings of a sink that sends here, as lines of YAML; its secret is put beside them. */
  public String yaml(Path directory, int atPort) throws IOException {
    Path secret = directory.resolve("s3.secret");
    Files.writeString(secret, "the secret");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    return """
    type: s3
    url: http://127.0.0.1:%d
    bucket: bucket
    prefix: p/
    access_key_id: tally
    secret_key_file: s3.secret
    timeout_seconds: 2
    """
        .formatted(atPort);
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String key = exchange.getRequestURI().getPath().substring("/bucket/".length());
    Map<String, String> query = new HashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    for (String part : raw == null ? new String[0] : raw.split("&", -1)) {
      String[] pair = part.split("=", 2);
      query.put(pair[0], pair.length < 2 ? "" : URLDecoder.decode(pair[1], UTF_8));
    }
    Map.Entry<Integer, Integer> first = busy.poll();
    Answer answer = first == null ? answer(exchange, key, query, body) : new Answer(first.getKey());
    if (first != null) {
      answer.headers.put("Retry-After", first.getValue().toString());
    }
    answer.headers.forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
    exchange.getResponseBody().write(answer.body);
    exchange.close();
  }

  private Answer answer(HttpExchange exchange, String key, Map<String, String> query, byte[] body) {
    return switch (exchange.getRequestMethod()) {
      case "PUT" -> create(key, body, exchange);
      case "DELETE" -> delete(key, query.get("versionId"));
      default ->
          !key.isEmpty()
              ? get(key, query.get("versionId"))
              : query.containsKey("versions") ? versions(query) : list(query);
    };
  }

  private synchronized Answer create(String key, byte[] body, HttpExchange exchange) {
    boolean onlyNew = "*".equals(exchange.getRequestHeaders().getFirst("If-None-Match"));
    if (onlyNew && newest(key).isPresent()) {
      return new Answer(412);
    }
    String mode = exchange.getRequestHeaders().getFirst("X-Amz-Object-Lock-Mode");
    put(key, loses ? Arrays.copyOf(body, body.length / 2) : body, mode != null);
    Answer answer = new Answer(200);
    String checksum = exchange.getRequestHeaders().getFirst("X-Amz-Checksum-Sha256");
    if (checksum != null && saysChecksum) {
      answer.headers.put("x-amz-checksum-sha256", checksum);
    }
    return withVersion(answer, newest(key).orElseThrow());
  }

  private Answer withVersion(Answer answer, Version version) {
    if (versioned) {
      answer.headers.put("x-amz-version-id", version.id);
    }
    return answer;
  }

  /** Puts something there, as whoever may write the bucket can. */
  synchronized void put(String key, byte[] body, boolean locked) {
    List<Version> versions = objects.computeIfAbsent(key, each -> new ArrayList<>());
    if (!versioned) {
      versions.clear();
    }
    versions.add(new Version("v+/=" + ++count, body.clone(), locked));
  }

  @GuardedBy("this")
  private Optional<Version> newest(String key) {
    List<Version> versions = objects.getOrDefault(key, List.of());
    return versions.isEmpty()
        ? Optional.empty()
        : Optional.of(versions.getLast()).filter(version -> version.content != null);
  }

  private synchronized Answer get(String key, @Nullable String id) {
    Optional<Version> found =
        id == null
            ? newest(key)
            : objects.getOrDefault(key, List.of()).stream()
                .filter(version -> version.id.equals(id) && version.content != null)
                .findFirst();
    return found
        .map(version ->
            withVersion(
                new Answer(200, version.content == null ? new byte[0] : version.content), version))
        .orElseGet(() -> new Answer(404));
  }

  private Answer delete(String key, @Nullable String id) {
    return delete(key, id, false) ? new Answer(204) : new Answer(403);
  }

  /** Deletes an object, or one version of it; returns whether that is allowed. */
  synchronized boolean delete(String key, @Nullable String id, boolean allVersions) {
    List<Version> versions = objects.getOrDefault(key, new ArrayList<>());
    if (id == null && versioned && !allVersions) {
      versions.add(new Version("v" + ++count, null, false));
      return true;
    }
    if (versions.stream().anyMatch(each -> each.locked && (allVersions || each.id.equals(id)))) {
      return false;
    }
    versions.removeIf(version -> id == null || version.id.equals(id));
    if (versions.isEmpty()) {
      objects.remove(key);
    }
    return true;
  }

  private synchronized Answer list(Map<String, String> query) {
    String prefix = query.getOrDefault("prefix", "");
    String after = query.getOrDefault("continuation-token", "");
    List<String> keys =
        keys().stream().filter(key -> key.startsWith(prefix) && key.compareTo(after) > 0).toList();
    StringBuilder xml = new StringBuilder("<ListBucketResult>");
    for (String key : keys.subList(0, Math.min(PAGE, keys.size()))) {
      xml.append("<Contents><Key>").append(key).append("</Key></Contents>");
    }
    if (keys.size() > PAGE) {
      xml.append("<NextContinuationToken>" + keys.get(PAGE - 1) + "</NextContinuationToken>");
    }
    return new Answer(200, xml.append("</ListBucketResult>").toString().getBytes(UTF_8));
  }

  private synchronized Answer versions(Map<String, String> query) {
    String prefix = query.getOrDefault("prefix", "");
    String after = query.getOrDefault("key-marker", "");
    List<String> keys =
        objects.tailMap(after, false).keySet().stream()
            .filter(key -> key.startsWith(prefix))
            .toList();
    StringBuilder xml = new StringBuilder("<ListVersionsResult>");
    for (String key : keys.subList(0, Math.min(PAGE, keys.size()))) {
      List<Version> versions = objects.getOrDefault(key, List.of());
      for (Version version : versions.reversed()) {
        String tag = version.content == null ? "DeleteMarker" : "Version";
        xml.append(
            "<%s><Key>%s</Key><VersionId>%s</VersionId><IsLatest>%s</IsLatest></%s>"
                .formatted(tag, key, version.id, version.equals(versions.getLast()), tag));
      }
    }
    if (keys.size() > PAGE) {
      xml.append("<NextKeyMarker>" + keys.get(PAGE - 1) + "</NextKeyMarker>");
    }
    return new Answer(200, xml.append("</ListVersionsResult>").toString().getBytes(UTF_8));
  }

  /** The names of the objects that a reader sees. */
  public synchronized List<String> keys() {
    List<String> keys = new ArrayList<>();
    for (String key : objects.keySet()) {
      if (newest(key).isPresent()) {
        keys.add(key);
      }
    }
    return keys;
  }

  /** What a reader sees of an object. */
  public synchronized byte[] content(String key) {
    byte[] content = newest(key).orElseThrow().content;
    return content == null ? new byte[0] : content.clone();
  }

  /** Copies what a reader sees into a directory, as a client of S3 does. */
  synchronized Path copyTo(Path target) throws IOException {
    File[] before = target.toFile().listFiles();
    for (File each : before == null ? new File[0] : before) {
      Files.delete(each.toPath());
    }
    Files.createDirectories(target);
    for (String key : keys()) {
      String[] parts = key.split("/", -1);
      Files.write(target.resolve(Arrays.asList(parts).getLast()), content(key));
    }
    return target;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
