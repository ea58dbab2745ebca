package io.tallystick.cli.follow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.store.files.AtomicFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a log file and those that it was rotated to have come into a log, in a small file.
 *
 * @param log the log's origin
 * @param path that is followed, absolute
 * @param files that are not read to their end, oldest first; the last one is at the path
 * @param done marks of files that were, so that a copy of one is not read again
 * @param ignored stamps of files beside them that are read, or are not meant
 */
record FollowState(
    String log, String path, List<Position> files, List<Mark> done, List<String> ignored) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_REMEMBERED = 10_000;

  /**
   * A file.
   *
   * @param id made when it was first seen, or truncated: with the offset of a line, the line's id
   * @param key of the file system, which a rename does not change
   * @param mark behind the last line that the log has
   */
  record Position(String id, String key, Mark mark) {
    long offset() {
      return mark.offset();
    }
  }

  FollowState {
    files = List.copyOf(files);
    done = newest(done);
    ignored = newest(ignored);
  }

  private static <T> List<T> newest(List<T> all) {
    List<T> distinct = all.stream().distinct().toList();
    return List.copyOf(
        distinct.subList(Math.max(0, distinct.size() - MAX_REMEMBERED), distinct.size()));
  }

  /**
   * What a state file has; nothing if there is none yet.
   *
   * @throws Failure if it is no state file, or one of another file or log
   */
  static FollowState read(Path file, String log, String path) throws IOException {
    if (!Files.exists(file)) {
      return new FollowState(log, path, List.of(), List.of(), List.of());
    }
    String shown = Printable.of(file.toString());
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      root = null;
    }
    if (root == null || root.path("follow").asInt() != 1) {
      throw new Failure(
          Failure.USAGE,
          shown + " is no state file of tally append --follow; name another one with --state");
    }
    if (!root.path("path").asText().equals(path) || !root.path("log").asText().equals(log)) {
      throw new Failure(
          Failure.USAGE,
          "%s is of %s into %s; name another state file with --state, or delete this one"
              .formatted(
                  shown,
                  Printable.of(root.path("path").asText()),
                  Printable.of(root.path("log").asText())));
    }
    List<Position> files = new ArrayList<>();
    for (JsonNode each : root.path("files")) {
      files.add(new Position(each.path("id").asText(), each.path("key").asText(), mark(each)));
    }
    List<Mark> done = new ArrayList<>();
    for (JsonNode each : root.path("done")) {
      done.add(mark(each));
    }
    List<String> ignored = new ArrayList<>();
    root.path("ignored").forEach(each -> ignored.add(each.asText()));
    return new FollowState(log, path, files, done, ignored);
  }

  private static Mark mark(JsonNode node) {
    JsonNode head = node.path("head");
    return new Mark(
        node.path("offset").asLong(),
        new Head(head.path("length").asInt(), head.path("sha256").asText()),
        node.path("tail").asText());
  }

  private static void put(ObjectNode node, Mark mark) {
    node.put("offset", mark.offset());
    node.putObject("head").put("length", mark.head().length()).put("sha256", mark.head().sha256());
    node.put("tail", mark.tail());
  }

  /** Deletes what writers left that were killed in the middle of {@link #write}. */
  static void deleteTemporaries(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    String name = String.valueOf(absolute.getFileName());
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(
            absolute.resolveSibling(""),
            each -> {
              String other = String.valueOf(each.getFileName());
              return other.startsWith(name + ".")
                  && other.substring(name.length() + 1).matches("[0-9]+\\.tmp");
            })) {
      for (Path each : all) {
        Files.deleteIfExists(each);
      }
    }
  }

  /** Writes it to the device. */
  void write(Path file) throws IOException {
    ObjectNode root = JSON.createObjectNode().put("follow", 1).put("log", log).put("path", path);
    var all = root.putArray("files");
    for (Position each : files) {
      put(all.addObject().put("id", each.id()).put("key", each.key()), each.mark());
    }
    var marks = root.putArray("done");
    done.forEach(mark -> put(marks.addObject(), mark));
    ignored.forEach(root.putArray("ignored")::add);
    AtomicFile.write(file, JSON.writeValueAsBytes(root));
  }
}
