package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A real log that is forwarded, and what tests ask of it. */
final class ForwardingLog implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  final AuditLog log;
  final AuditIndex index;
  private final Path directory;
  private @Nullable Forwarding forwarding;

  ForwardingLog(Path directory) throws IOException {
    this.directory = directory;
    this.log = AuditLog.open(directory.resolve("data"), LogConfig.defaults());
    this.index = AuditIndex.open(log.reader(), log.reader().directory().index());
  }

  String origin() {
    return log.reader().identity().origin();
  }

  /** Appends events in batches; the type is the last word of each. */
  void append(String type, int count) throws Exception {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(Event.builder(type).actorUsername("user-" + i).action("step " + i).build());
      if (events.size() == 1_000 || i == count - 1) {
        Futures.from(log.append(events, "test"));
        events = new ArrayList<>();
      }
    }
  }

  /** Begins to forward as this YAML says. */
  Forwarding start(String yaml) throws IOException {
    return start(ForwardingFile.parse("forward.yaml", yaml, origin(), directory));
  }

  Forwarding start(ForwardingFile file) throws IOException {
    forwarding = Forwarding.start(file, log, index);
    return forwarding;
  }

  Forwarding forwarding() {
    return Objects.requireNonNull(forwarding);
  }

  /** Stops forwarding, as a server that ends. */
  void stop() {
    forwarding().close();
    forwarding = null;
  }

  /** Waits until a sink has looked at everything. */
  SinkStatus awaitDone(String sink) throws Exception {
    await(() -> forwarding().status(sink).lagEntries() == 0);
    return forwarding().status(sink);
  }

  static void await(Callable<Boolean> condition) throws Exception {
    Instant late = Instant.now().plus(Duration.ofSeconds(60));
    while (!condition.call()) {
      assertThat(Instant.now()).isBefore(late);
      Thread.sleep(20);
    }
  }

  static List<JsonNode> records(Path file) throws IOException {
    List<JsonNode> records = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      records.add(JSON.readTree(line));
    }
    return records;
  }

  /** The types of the entries from this id on that the log itself wrote about forwarding. */
  List<String> recorded() throws IOException {
    List<String> types = new ArrayList<>();
    log.reader()
        .forEach(
            1,
            Long.MAX_VALUE,
            entry -> {
              String type = entry.decode().event().eventType();
              return !type.startsWith("audit.forward.") || types.add(type);
            });
    return types;
  }

  /** The details of the entries of a type. */
  List<String> details(String type) throws IOException {
    List<String> details = new ArrayList<>();
    log.reader()
        .forEach(
            1,
            Long.MAX_VALUE,
            entry -> {
              Event event = entry.decode().event();
              return !event.eventType().equals(type)
                  || details.add(String.valueOf(event.details()));
            });
    return details;
  }

  @Override
  public void close() throws IOException {
    if (forwarding != null) {
      forwarding.close();
    }
    index.close();
    log.close();
  }
}
