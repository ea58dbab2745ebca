package io.tallystick.cli.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.CheckpointList;
import io.tallystick.service.answer.ConsistencyProof;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EventTypes;
import io.tallystick.service.answer.LogInfo;
import io.tallystick.service.answer.SourceList;
import io.tallystick.service.answer.Statistics;
import io.tallystick.service.answer.Verification;
import io.tallystick.service.erasure.ErasureReport;
import io.tallystick.service.export.ExportFormat;
import io.tallystick.service.query.CheckpointQuery;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.SourceQuery;
import io.tallystick.service.query.TypeQuery;
import io.tallystick.service.query.VerifyQuery;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.service.retention.RetentionRun;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** A server, asked over HTTP with a key. */
public final class ServerSource implements Source {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern BEHIND = Pattern.compile("answered-through=([0-9]{1,19})");
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  private final String base;
  private final @Nullable String key;
  private final Consumer<String> notes;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();

  /**
   * A server.
   *
   * @param url as in {@code --url}
   * @param key the API key; {@code null} to ask without one
   * @param notes receives a sentence about each answer that is true, but not of the whole log
   */
  public ServerSource(String url, @Nullable String key, Consumer<String> notes) {
    try {
      URI uri = new URI(url);
      String scheme = String.valueOf(uri.getScheme());
      if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
        throw new URISyntaxException(url, "no http or https URL");
      }
    } catch (URISyntaxException e) {
      throw new Failure(
          Failure.USAGE,
          "--url must be a URL like http://127.0.0.1:8470, but was \"" + Printable.of(url) + "\"");
    }
    this.base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.key = key;
    this.notes = notes;
  }

  @Override
  public Answered<EntryPage> entries(AuditQuery query) throws IOException, InterruptedException {
    String user = query.userId();
    String path = user == null ? "/api/audit" : "/api/audit/user/" + segment(user);
    QueryString page =
        QueryString.of(query).add("limit", query.limit()).add("offset", query.offset());
    return Answered.read(read(path + page), EntryPage.class);
  }

  /** A text as one segment of a path. */
  private static String segment(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  @Override
  public Answered<EventTypes> types(TypeQuery query) throws IOException, InterruptedException {
    return Answered.read(read("/api/audit/types" + QueryString.of(query)), EventTypes.class);
  }

  @Override
  public Answered<SourceList> sources(SourceQuery query) throws IOException, InterruptedException {
    return Answered.read(read("/api/audit/sources" + QueryString.of(query)), SourceList.class);
  }

  @Override
  public Answered<Statistics> statistics(Period period) throws IOException, InterruptedException {
    return Answered.read(read("/api/audit/stats" + QueryString.of(period)), Statistics.class);
  }

  @Override
  public void export(AuditQuery query, ExportFormat format, boolean commitments, OutputStream out)
      throws IOException, InterruptedException {
    QueryString asked = QueryString.of(query).add("format", format);
    String path = "/api/audit/export" + (commitments ? asked.add("values", "commitments") : asked);
    try (InputStream answer = send(request(path).GET().build())) {
      answer.transferTo(out);
    }
  }

  @Override
  public Answered<CheckpointList> checkpoints(CheckpointQuery query)
      throws IOException, InterruptedException {
    return Answered.read(
        read("/api/audit/checkpoints" + QueryString.of(query)), CheckpointList.class);
  }

  @Override
  public byte[] newestCheckpoint() throws IOException, InterruptedException {
    return read("/api/audit/checkpoints/newest");
  }

  @Override
  public byte[] proof(long id) throws IOException, InterruptedException {
    return read("/api/audit/entries/" + id + "/proof");
  }

  @Override
  public byte[] entryBytes(long id) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request("/api/audit/entries/" + id).header("Accept", "application/octet-stream");
    try (InputStream answer = send(request.GET().build())) {
      return answer.readAllBytes();
    }
  }

  @Override
  public byte[] personal(long id) throws IOException, InterruptedException {
    return read("/api/audit/entries/" + id + "/personal");
  }

  @Override
  public Answered<ErasureReport> erase(
      Map<String, List<String>> filters, List<String> fields, String reason, boolean dryRun)
      throws IOException, InterruptedException {
    ObjectNode wanted = JSON.createObjectNode();
    filters.forEach((name, values) -> wanted.put(name, String.join(",", values)));
    if (!fields.isEmpty()) {
      fields.forEach(wanted.putArray("fields")::add);
    }
    wanted.put("reason", reason).put("dry_run", dryRun);
    return Answered.read(post("/api/audit/erasures", wanted), ErasureReport.class);
  }

  @Override
  public Answered<LogInfo> log() throws IOException, InterruptedException {
    return Answered.read(read("/api/audit/log"), LogInfo.class);
  }

  /** The proof that the tree of one size continues that of another. */
  ConsistencyProof consistency(long from, long to) throws IOException, InterruptedException {
    QueryString sizes = new QueryString().add("from", from).add("to", to);
    return AnswerJson.read(read("/api/audit/consistency" + sizes), ConsistencyProof.class);
  }

  @Override
  public Answered<Verification> verify(VerifyQuery query, Trust trust, ProgressBar bar)
      throws IOException, InterruptedException {
    if (!trust.authorities().isEmpty()) {
      throw new Failure(
          Failure.USAGE,
          "--tsa-ca works on a data directory only; for a server's log, verify a backup with it");
    }
    Answered<Verification> answer = verify(query, bar);
    return trust.keys().isEmpty() && trust.earlier() == null
        ? answer
        : new RemoteTrust(this, trust).complete(answer);
  }

  /** As events, so that a long verification shows its progress and no time-out ends it. */
  private Answered<Verification> verify(VerifyQuery query, ProgressBar bar)
      throws IOException, InterruptedException {
    HttpRequest request =
        request("/api/audit/verify" + QueryString.of(query))
            .header("Accept", "text/event-stream")
            .GET()
            .build();
    try (BufferedReader events = new BufferedReader(new InputStreamReader(send(request), UTF_8))) {
      String event = "";
      for (String line = events.readLine(); line != null; line = events.readLine()) {
        if (line.startsWith("event: ")) {
          event = line.substring("event: ".length());
        } else if (line.startsWith("data: ")) {
          byte[] data = line.substring("data: ".length()).getBytes(UTF_8);
          if (event.equals("result")) {
            return verification(data);
          }
          Verification.Progress progress = AnswerJson.read(data, Verification.Progress.class);
          bar.at(progress.checked(), progress.total());
        }
      }
    }
    throw new Failure(
        Failure.UNREACHABLE,
        base + " broke off before the verification was finished; see the server's log");
  }

  /** A report, or for a key that sees a part of the log the verdict alone. */
  private static Answered<Verification> verification(byte[] json) throws IOException {
    return JSON.readTree(json).has("mode")
        ? Answered.read(json, Verification.class)
        : Answered.read(json, Verification.Verdict.class).as(Verification::of);
  }

  /** The whole answer to a GET. */
  private byte[] read(String path) throws IOException, InterruptedException {
    try (InputStream answer = send(request(path).GET().build())) {
      return answer.readAllBytes();
    }
  }

  @Override
  public Appended append(List<byte[]> lines, List<Event> events, EventReader.Rules rules)
      throws IOException, InterruptedException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (byte[] line : lines) {
      body.write(line);
      body.write('\n');
    }
    QueryString how =
        new QueryString()
            .add("partial", rules.partial())
            .add("oversize", rules.truncate() ? "truncate" : "refuse");
    HttpRequest request =
        request("/api/audit/events" + how)
            .header("Content-Type", "application/x-ndjson")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
            .build();
    try (InputStream answer = send(request)) {
      JsonNode receipt = JSON.readTree(answer);
      long appended = receipt.path("appended").asLong(events.size());
      long count = receipt.path("count").asLong(events.size());
      SortedMap<Integer, List<String>> rejected = rejected(receipt, events.size());
      return new Appended(appended, count - appended, receipt.path("last_id").asLong(), rejected);
    }
  }

  private SortedMap<Integer, List<String>> rejected(JsonNode receipt, int sent) {
    SortedMap<Integer, List<String>> rejected = new TreeMap<>();
    for (JsonNode one : receipt.path("rejected")) {
      int index = one.path("index").asInt(-1);
      if (index < 0 || index >= sent) {
        throw new Failure(Failure.UNREACHABLE, base + " rejects an event that was not sent to it");
      }
      List<String> reasons = new ArrayList<>();
      one.path("errors").forEach(error -> reasons.add(error.path("message").asText()));
      rejected.put(index, reasons);
    }
    return rejected;
  }

  @Override
  public Answered<KeyInfo.NewKey> createKey(WantedKey wanted)
      throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode();
    body.put("name", wanted.name());
    wanted.permissions().forEach(body.putArray("permissions")::add);
    body.put("lenient", wanted.lenient());
    if (!wanted.only().isEmpty()) {
      body.set("only", JSON.valueToTree(wanted.only()));
    }
    if (!wanted.stamp().isEmpty()) {
      body.set("stamp", JSON.valueToTree(wanted.stamp()));
    }
    wanted.personal().forEach(body.putArray("personal")::add);
    body.put("expires_at", wanted.expiresAt());
    return Answered.read(post("/api/audit/keys", body), KeyInfo.NewKey.class);
  }

  @Override
  public Answered<KeyInfo.KeyList> listKeys() throws IOException, InterruptedException {
    return Answered.read(read("/api/audit/keys"), KeyInfo.KeyList.class);
  }

  @Override
  public void revokeKey(String id) throws IOException, InterruptedException {
    send(request("/api/audit/keys/" + URLEncoder.encode(id, UTF_8)).DELETE().build()).close();
  }

  @Override
  public Answered<RetentionRun> runRetention(int days, String mode, boolean dryRun)
      throws IOException, InterruptedException {
    ObjectNode wanted = JSON.createObjectNode();
    wanted.put("days", days).put("mode", mode).put("dry_run", dryRun);
    return Answered.read(post("/api/audit/retention", wanted), RetentionRun.class);
  }

  @Override
  public Answered<LegalHold> placeHold(long firstId, long lastId, String reason)
      throws IOException, InterruptedException {
    ObjectNode wanted = JSON.createObjectNode();
    wanted.put("first_id", firstId).put("last_id", lastId).put("reason", reason);
    return Answered.read(post("/api/audit/holds", wanted), LegalHold.class);
  }

  @Override
  public Answered<LegalHold.HoldList> listHolds() throws IOException, InterruptedException {
    return Answered.read(read("/api/audit/holds"), LegalHold.HoldList.class);
  }

  @Override
  public void releaseHold(String id) throws IOException, InterruptedException {
    send(request("/api/audit/holds/" + URLEncoder.encode(id, UTF_8)).DELETE().build()).close();
  }

  private byte[] post(String path, ObjectNode wanted) throws IOException, InterruptedException {
    HttpRequest request =
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(wanted)))
            .build();
    try (InputStream answer = send(request)) {
      return answer.readAllBytes();
    }
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT);
    if (key != null) {
      try {
        request.header("X-API-Key", key);
      } catch (IllegalArgumentException e) {
        throw new Failure(
            Failure.USAGE, "the API key has characters that no key has; check TALLY_API_KEY");
      }
    }
    return request;
  }

  private InputStream send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<InputStream> answer;
    try {
      answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw unanswered(e);
    }
    if (answer.statusCode() / 100 == 2) {
      noteIfBehind(answer);
      return answer.body();
    }
    try (InputStream body = answer.body()) {
      throw refused(answer.statusCode(), body.readNBytes(1 << 20));
    }
  }

  private void noteIfBehind(HttpResponse<?> answer) {
    String notice = answer.headers().firstValue("Tallystick-Index").orElse("");
    Matcher behind = BEHIND.matcher(notice);
    if (notice.equals("behind")) {
      notes.accept("the server's index is behind the log; the newest entries may be missing");
    } else if (behind.find()) {
      notes.accept(
          "the server's index is behind the log; this answer covers entries up to "
              + behind.group(1));
    }
  }

  private Failure unanswered(IOException e) {
    String message =
        switch (e) {
          case HttpConnectTimeoutException _ ->
              "can't connect to %s: it does not answer within %d seconds"
                  .formatted(base, CONNECT_TIMEOUT.toSeconds());
          case HttpTimeoutException _ ->
              "%s did not answer within %d minutes".formatted(base, TIMEOUT.toMinutes());
          case ConnectException _ when isUnknownHost(e) ->
              "can't connect to %s: there is no such host; check --url".formatted(base);
          case ConnectException _ ->
              "can't connect to %s: nothing accepts connections there; is the server running?"
                  .formatted(base);
          case SSLException _ ->
              "can't connect to %s: its certificate is not trusted here, or it does not speak TLS"
                  .formatted(base);
          default -> base + " closed the connection before it answered";
        };
    boolean isSent =
        !(e instanceof HttpConnectTimeoutException
            || e instanceof ConnectException
            || e instanceof SSLException);
    return isSent ? Failure.unanswered(message) : Failure.temporary(Failure.UNREACHABLE, message);
  }

  private static boolean isUnknownHost(@Nullable Throwable e) {
    return e != null && (e instanceof UnresolvedAddressException || isUnknownHost(e.getCause()));
  }

  private Failure refused(int status, byte[] body) {
    String detail = "";
    try {
      JsonNode problem = JSON.readTree(body);
      detail = problem == null ? "" : problem.path("detail").asText("");
    } catch (IOException e) {
      detail = e instanceof JsonProcessingException ? "" : String.valueOf(e.getMessage());
    }
    String message =
        base + " answers " + status + (detail.isEmpty() ? "" : ": " + Printable.of(detail));
    return switch (status) {
      case 401, 403 -> new Failure(Failure.NOT_PERMITTED, message);
      case 429 -> Failure.temporary(Failure.NOT_PERMITTED, message);
      case 400, 404, 405, 409, 413, 415, 422 -> new Failure(Failure.USAGE, message);
      default -> Failure.temporary(Failure.UNREACHABLE, message);
    };
  }

  @Override
  public void close() {
    client.close();
  }
}
