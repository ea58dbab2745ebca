package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Terminal;
import io.tallystick.entry.Event;
import io.tallystick.http.AuditServer;
import io.tallystick.http.ServerConfig;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What commands say when the index of the server that they ask is behind the log. */
@Timeout(120)
class IndexNoteTest {
  @TempDir Path data;

  @Test
  void anAnswerFromAnIndexThatIsBehindSaysHowFarItGoes() throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults());
        AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      try (AuditServer server =
          AuditServer.start(log, index, keys, ServerConfig.builder().port(0).build())) {
        String key =
            new KeyAdministration(log, keys)
                .create("reader", List.of(Permission.ADMIN_AUDIT), null, Actor.SERVER)
                .text();
        index.awaitIndexed(log.lastId());
        assertThat(errors(server, key, "list")).isEmpty();
        block(log.reader().directory().index());
        while (!index.status().isDegraded()) {
          log.append(Event.of("auth.logout")).get();
          Thread.sleep(20);
        }
        for (String command : List.of("list", "stats", "types")) {
          assertThat(errors(server, key, command))
              .matches(
                  "note: the server's index is behind the log; this answer covers entries up to"
                      + " [0-9]+\n");
        }
      }
    }
  }

  /** What the command writes to standard error. */
  private static String errors(AuditServer server, String key, String command) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of());
    String url = "http://127.0.0.1:" + server.port();
    List<String> arguments = List.of(command, "--url", url, "--api-key", key);
    assertThat(Main.run(terminal, Map.of(), arguments))
        .as(err.toString(StandardCharsets.UTF_8))
        .isZero();
    return err.toString(StandardCharsets.UTF_8);
  }

  /** Deletes the index, and puts a file in its place, which keeps even root from writing there. */
  private static void block(Path directory) {
    while (!Files.isRegularFile(directory)) {
      try (var tree = Files.walk(directory)) {
        for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
        Files.createFile(directory);
      } catch (IOException | java.io.UncheckedIOException e) {
        // The server has begun a file there meanwhile.
        Thread.onSpinWait();
      }
    }
  }
}
