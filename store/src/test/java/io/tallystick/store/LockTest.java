package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.store.log.LogException;
import io.tallystick.witness.Witness;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The locks of those who are alone to write in a directory. */
class LockTest {
  @TempDir Path directory;

  /** Opens what is named, as another process. */
  static final class Other {
    private Other() {}

    public static void main(String[] args) throws IOException {
      if (args[0].equals("log")) {
        AuditLog.open(Path.of(args[1]), AuditLogTest.CONFIG).close();
      } else {
        Witness.open(Path.of(args[1]), "w", List.of(), Clock.systemUTC()).close();
      }
    }
  }

  private static String otherProcess(String what, Path path) throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                what,
                path.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + " " + said;
  }

  @Test
  void aRefusedSecondOpenLeavesTheLockToTheFirst() throws Exception {
    Path data = directory.resolve("log");
    Path link = directory.resolve("link");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      Files.createSymbolicLink(link, data);
      for (Path path : List.of(data, link)) {
        assertThatThrownBy(() -> AuditLog.open(path, AuditLogTest.CONFIG))
            .isInstanceOf(LogException.Locked.class)
            .hasMessageContaining("in this process already");
      }
      assertThat(otherProcess("log", data)).contains("open for writing in another process");
      assertThat(log.stopped()).isEmpty();
    }
    AuditLog.open(link, AuditLogTest.CONFIG).close();
  }

  @Test
  void aRefusedSecondWitnessLeavesTheLockToTheFirst() throws Exception {
    Path data = directory.resolve("witness");
    Witness first = Witness.open(data, "w", List.of(), Clock.systemUTC());
    assertThatThrownBy(() -> Witness.open(data, "w", List.of(), Clock.systemUTC()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use by another witness");
    assertThat(otherProcess("witness", data)).contains("in use by another witness");
    first.close();
    Witness.open(data, "w", List.of(), Clock.systemUTC()).close();
  }
}
