package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ServerSocketFactory;

/** The packaged server with receivers, which is killed, and the lines that lead to it. */
final class ReceivingServer implements AutoCloseable {
  private static final Pattern EVENT = Pattern.compile("ev:[a-z]+:[0-9]+:[0-9]+;");

  private final Path folder;
  private final List<CutLine> lines = new ArrayList<>();
  private PackagedServer server;

  /**
   * Starts it.
   *
   * @param receivers as {@code --ingest} reads them
   */
  ReceivingServer(Path folder, String receivers) throws IOException {
    this.folder = folder;
    Files.writeString(folder.resolve("ingest.yaml"), receivers);
    server = start();
  }

  private PackagedServer start() throws IOException {
    return PackagedServer.start(
        folder.resolve("data"), "--ingest", folder.resolve("ingest.yaml").toString());
  }

  /** SIGKILL, and it starts again. */
  void restart() throws IOException {
    server.close();
    server = start();
    lines.forEach(line -> line.leadTo(server.url()));
  }

  /** A new line to it, which leads to it after a restart too. */
  CutLine line() throws IOException {
    return line(ServerSocketFactory.getDefault());
  }

  /** A new line to it, whose senders' end is such a socket. */
  CutLine line(ServerSocketFactory sockets) throws IOException {
    CutLine line = new CutLine(sockets);
    line.leadTo(server.url());
    lines.add(line);
    return line;
  }

  /** A key that may do everything, the name of which is {@code admin}. */
  String key() {
    return server.key();
  }

  /** How many entries each event has by its own text, see {@link Protocol}; none may be raw. */
  Map<String, Integer> written() throws Exception {
    return written(entry -> {
      Set<String> events =
          EVENT.matcher(entry).results().map(MatchResult::group).collect(Collectors.toSet());
      assertThat(events.isEmpty() || !entry.contains("ingest.unmapped")).as(entry).isTrue();
      return events;
    });
  }

  /**
   * How many entries each event has.
   *
   * @param events which of them an entry as JSON is of
   */
  Map<String, Integer> written(Function<String, Set<String>> events) throws Exception {
    Map<String, Integer> written = new HashMap<>();
    server
        .get("/api/audit/export")
        .lines()
        .forEach(
            entry -> events.apply(entry).forEach(event -> written.merge(event, 1, Integer::sum)));
    return written;
  }

  void assertValid() throws Exception {
    JsonNode report = PackagedServer.json(server.get("/api/audit/verify"));
    assertThat(report.path("valid").asBoolean()).as(report.toString()).isTrue();
  }

  @Override
  public void close() throws IOException {
    for (CutLine line : lines) {
      line.close();
    }
    server.close();
  }
}
