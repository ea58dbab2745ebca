package io.tallystick.service.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.store.OtherProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lock of the one process that signs as a witness. */
class WitnessLockTest {
  @TempDir Path directory;

  /** Opens the witness, as another process. */
  static final class Other {
    private Other() {}

    public static void main(String[] args) throws IOException {
      Witness.open(Path.of(args[0]), "w", List.of(), Clock.systemUTC()).close();
    }
  }

  @Test
  void aRefusedSecondWitnessLeavesTheLockToTheFirst() throws Exception {
    Path data = directory.resolve("witness");
    Witness first = Witness.open(data, "w", List.of(), Clock.systemUTC());
    assertThatThrownBy(() -> Witness.open(data, "w", List.of(), Clock.systemUTC()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use by another witness");
    assertThat(OtherProcess.run(Other.class, data)).contains("in use by another witness");
    first.close();
    Witness.open(data, "w", List.of(), Clock.systemUTC()).close();
  }

  @Test
  void aDirectoryThatIsOpenToOthersIsRefused() throws Exception {
    Path data = directory.resolve("witness");
    Witness.open(data, "w", List.of(), Clock.systemUTC()).close();
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThatThrownBy(() -> Witness.open(data, "w", List.of(), Clock.systemUTC()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 700 " + data);
  }
}
