package io.tallystick.cli.command;

import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.TlsOptions;
import io.tallystick.cli.source.Trust;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.WitnessServer;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.witness.Witness;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally witness}: a witness of other logs. */
@Command(
    name = "witness",
    description = {
      "Sign other logs' checkpoints over HTTP until SIGTERM or Ctrl-C, each only if it continues"
          + " the one before (C2SP tlog-witness).",
      "Prints its verifier key at the start; give it to the other log with \"tally serve --witness"
          + " VKEY=URL\""
    })
public final class WitnessCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--log",
      paramLabel = "VKEY",
      required = true,
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "Verifier key of a log to watch, as \"tally key\" prints it there; several with"
              + " commas, or repeated")
  private List<String> logs = List.of();

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      defaultValue = "tally-witness",
      description =
          "Directory for its key and what it signed, created if missing; if you lose it,"
              + " start a witness under another name (default: ./${DEFAULT-VALUE})")
  private Path directory = Path.of("tally-witness");

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "tallystick-witness",
      description =
          "Name of a new witness, for instance example.com/witness (default:"
              + " ${DEFAULT-VALUE})")
  private String name = "tallystick-witness";

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on (default: ${DEFAULT-VALUE})")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "" + WitnessServer.DEFAULT_PORT,
      description = "Port to listen on, 0 for any free one (default: ${DEFAULT-VALUE})")
  private int port;

  @Mixin private final TlsOptions tls = new TlsOptions();

  public WitnessCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    List<VerifierKey> keys = logs.stream().map(log -> Trust.key("--log", log)).toList();
    ServerConfig server =
        ServerConfig.builder()
            .host(host)
            .port(port)
            .tls(tls.files())
            .insecureHttp(tls.insecureHttp)
            .build();
    Stop stop = new Stop();
    try (Witness witness = Witness.open(directory, name, keys, Clock.systemUTC());
        WitnessServer running = WitnessServer.start(witness, server)) {
      Hangup.handle(running::reloadCertificate);
      terminal.out().printf("tally witness signs at port %d; its key is:%n", running.port());
      terminal.out().println(witness.verifier());
      terminal.out().flush();
      stop.await();
    } catch (Exception e) {
      stop.done(Failure.UNREACHABLE);
      throw e;
    }
    stop.done(0);
    return 0;
  }
}
