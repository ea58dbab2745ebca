package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGHUP, with which the system asks a server to reload, not to end. */
class HangupIT {
  @TempDir Path directory;

  private static void await(Path file, String text) throws Exception {
    Instant end = Instant.now().plus(Duration.ofSeconds(60));
    while (!Files.exists(file) || !Files.readString(file).contains(text)) {
      assertThat(Instant.now()).as("%s in %s", text, file).isBefore(end);
      Thread.sleep(50);
    }
  }

  @Test
  void aServerReopensItsLogFilesAndGoesOn() throws Exception {
    Path log = directory.resolve("tally.log");
    Path logging =
        Files.writeString(
            directory.resolve("logging.properties"),
            """
            handlers = java.util.logging.FileHandler
            java.util.logging.FileHandler.pattern = %s
            java.util.logging.FileHandler.append = true
            java.util.logging.FileHandler.formatter = io.tallystick.cli.LogLine
            """
                .formatted(log));
    Map<String, String> options =
        Map.of("JDK_JAVA_OPTIONS", "-Djava.util.logging.config.file=" + logging);
    try (Tally.Server server = Tally.Server.start(directory.resolve("log"), options)) {
      server.signal("HUP");
      await(log, "reloaded on SIGHUP");
      Path rotated = Files.move(log, directory.resolve("tally.log.1"));
      long size = Files.size(rotated);
      server.signal("HUP");
      await(log, "reloaded on SIGHUP");
      assertThat(rotated).hasSize(size);
      assertThat(server.get("/healthz").statusCode()).isEqualTo(200);
      assertThat(server.stop()).isZero();
    }
  }

  @Test
  void aServerThatLogsToStandardErrorGoesOnToo() throws Exception {
    try (Tally.Server server = Tally.Server.start(directory.resolve("log"))) {
      for (int i = 1; i <= 2; i++) {
        server.signal("HUP");
        Instant end = Instant.now().plus(Duration.ofSeconds(60));
        while (server.errors().lines().count() < i) {
          assertThat(Instant.now()).isBefore(end);
          Thread.sleep(50);
        }
      }
      assertThat(server.errors().lines())
          .hasSize(2)
          .allMatch(line -> line.endsWith("reloaded on SIGHUP"));
      assertThat(server.get("/healthz").statusCode()).isEqualTo(200);
    }
  }
}
