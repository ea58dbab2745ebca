package io.tallystick.http;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server on a log with a few entries of several types. */
abstract class ReadingFixture {
  @TempDir Path data;
  TestServer server;
  String key;

  /** Id of the first of {@link #EVENTS}. */
  long first;

  static final List<Event> EVENTS =
      List.of(
          Event.builder("auth.login.failed").actorIp("203.0.113.9").actorUsername("=root").build(),
          Event.builder("auth.login.success").actorId(7L).actorUsername("ann").build(),
          Event.builder("user.deleted").actorId(1L).targetType("user").targetId("7").build(),
          Event.builder("user.updated").actorId(7L).targetType("user").targetId("7").build(),
          Event.builder("door.opened")
              .action("open")
              .details(Details.parse("{\"n\":1.50,\"b\":[\"ü\",null]}"))
              .build(),
          Event.builder("security.suspicious").actorIp("2001:DB8::1").requestId("r1").build());

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    key = server.key("reader", Permission.ADMIN_AUDIT);
    first = server.log.append(EVENTS, "writer").get().firstId();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  List<Long> ids(String query) throws Exception {
    List<Long> ids = new ArrayList<>();
    server.json(query, key).get("entries").forEach(e -> ids.add(e.get("id").asLong() - first));
    return ids;
  }

  void change(String from, String to) throws Exception {
    change(data, from, to);
  }

  /** Changes bytes of the log on the disk. */
  static void change(Path data, String from, String to) throws Exception {
    try (Stream<Path> files = Files.list(data.resolve("segments"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".cq4")).toList()) {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(from);
        if (at >= 0) {
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(to.getBytes(StandardCharsets.ISO_8859_1)), at);
          }
          return;
        }
      }
    }
    throw new AssertionError(from + " is in no segment");
  }
}
