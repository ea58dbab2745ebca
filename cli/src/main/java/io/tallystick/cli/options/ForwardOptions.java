package io.tallystick.cli.options;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.forward.Forwarding;
import io.tallystick.forward.ForwardingFile;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.index.AuditIndex;
import io.tallystick.store.AuditLog;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a server forwards entries to. */
public final class ForwardOptions {
  @Option(
      names = "--forward",
      paramLabel = "FILE",
      description =
          "YAML file of the sinks that entries are forwarded to, see \"tally forward add\""
              + " (default: none)")
  private @Nullable Path file;

  /**
   * Checks the file, before the log is opened, which may take a while.
   *
   * @throws Failure if something in it is wrong
   */
  public void check() throws IOException {
    if (file != null) {
      var _ = read(file, "");
    }
  }

  /** Begins to forward; {@code null} if that is not wanted. */
  public @Nullable Forwarding start(AuditLog log, AuditIndex index) throws IOException {
    return file == null
        ? null
        : Forwarding.start(read(file, log.reader().identity().origin()), log, index);
  }

  private static ForwardingFile read(Path file, String origin) throws IOException {
    try {
      return ForwardingFile.read(file, origin);
    } catch (SettingException e) {
      throw new Failure(Failure.USAGE, "--forward: " + e.getMessage());
    }
  }
}
