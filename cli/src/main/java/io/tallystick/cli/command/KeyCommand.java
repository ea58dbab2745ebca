package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.answer.LogInfo;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally key}: the keys that sign the log. */
@Command(
    name = "key",
    description = "Print the log's verifier keys, newest first; an auditor keeps one of them")
public final class KeyCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();

  public KeyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Answered<LogInfo> answer = common.ask(terminal, Source::log);
    List<String> keys = answer.value().verifierKeys();
    switch (common.format) {
      case json -> terminal.printJson(answer.json());
      case csv -> {
        Rows rows = new Rows("VERIFIER KEY");
        keys.forEach(rows::add);
        terminal.printCsv(rows.csv());
      }
      case table -> keys.forEach(key -> terminal.out().println(Printable.of(key)));
    }
    return 0;
  }

  /** {@code tally key rotate}. */
  @Command(
      name = "rotate",
      description =
          "Give the log a new signing key, while no server has the log open; both keys"
              + " sign the next checkpoint, which is kept")
  public static final class Rotate implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
        names = "--data",
        paramLabel = "DIR",
        defaultValue = "tally-data",
        description = "Data directory (default: ./${DEFAULT-VALUE})")
    private Path data = Path.of("tally-data");

    @Option(
        names = "--key-file",
        paramLabel = "FILE",
        description =
            "Key that signs checkpoints (default: keys/checkpoint.key in the data" + " directory)")
    private @Nullable Path keyFile;

    public Rotate(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
      try {
        VerifierKey key = AuditLog.rotateKey(data, LogConfig.builder().keyFile(keyFile).build());
        terminal.out().println(Printable.of(key.toString()));
        return 0;
      } catch (LogException.Locked e) {
        throw new Failure(
            Failure.UNREACHABLE,
            e.getMessage() + ". Stop the server, rotate the key, and start the server again");
      }
    }
  }
}
