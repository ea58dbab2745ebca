package io.tallystick.cli.backfill;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.ingest.backfill.FileIdentity;
import io.tallystick.ingest.backfill.ImportFormat;
import io.tallystick.store.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How far each file has come into each log. It is written at most twice a second: records that were
 * appended since then are sent again after a crash, and the log knows them by their ids. Used by
 * one thread.
 */
final class ImportState {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration BETWEEN = Duration.ofMillis(500);

  /** A file on its way into a log. */
  record Key(String log, ImportFormat format, FileIdentity file) {}

  private final Path path;
  private final Map<Key, Long> positions = new LinkedHashMap<>();
  private boolean changed;
  private long savedNanos = System.nanoTime() - BETWEEN.toNanos();

  private ImportState(Path path) {
    this.path = path;
  }

  /**
   * What is in a state file; nothing if there is none yet.
   *
   * @throws Failure if it is no state file
   */
  static ImportState open(Path path) throws IOException {
    ImportState state = new ImportState(path);
    if (Files.exists(path)) {
      try {
        JsonNode root = JSON.readTree(Files.readAllBytes(path));
        if (root == null || root.path("version").asInt() != 1) {
          throw noState(path);
        }
        for (JsonNode file : root.path("files")) {
          state.positions.put(
              new Key(
                  file.path("log").asText(),
                  ImportFormat.valueOf(file.path("format").asText()),
                  new FileIdentity(file.path("length").asInt(), file.path("sha256").asText())),
              file.path("position").asLong());
        }
      } catch (JsonProcessingException | IllegalArgumentException e) {
        throw noState(path);
      }
    }
    return state;
  }

  private static Failure noState(Path path) {
    return new Failure(
        Failure.USAGE,
        Printable.of(path.toString())
            + " is no state file of tally import; name another one with --state");
  }

  /** The files of one kind that a log has something of. */
  List<FileIdentity> known(String log, ImportFormat format) {
    return positions.keySet().stream()
        .filter(key -> key.log().equals(log) && key.format() == format)
        .map(Key::file)
        .toList();
  }

  /** The position of the last record that is in the log; 0 if none is. */
  long position(Key key) {
    return positions.getOrDefault(key, 0L);
  }

  /** The log has the records up to here. */
  void appended(Key key, long position) {
    if (position > position(key)) {
      positions.put(key, position);
      changed = true;
    }
  }

  /** Writes what is new, if the last time is a while ago. */
  void saveSometimes() throws IOException {
    if (System.nanoTime() - savedNanos >= BETWEEN.toNanos()) {
      save();
    }
  }

  /** Writes what is new. */
  void save() throws IOException {
    if (!changed) {
      return;
    }
    ObjectNode root = JSON.createObjectNode().put("version", 1);
    var files = root.putArray("files");
    positions.forEach((key, position) ->
        files
            .addObject()
            .put("log", key.log())
            .put("format", key.format().name())
            .put("length", key.file().length())
            .put("sha256", key.file().hash())
            .put("position", position));
    AtomicFile.write(path, JSON.writeValueAsBytes(root));
    changed = false;
    savedNanos = System.nanoTime();
  }
}
