package io.tallystick.cli;

import io.tallystick.http.InvalidParameterException;
import io.tallystick.index.IndexException;
import io.tallystick.store.LogException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * The {@code tally} command. Exit codes, in every format: 0 good; 1 the log does not verify; 2
 * usage; 3 can't reach or open; 4 not permitted.
 */
@Command(
    name = "tally",
    description = "A tamper-evident audit log.",
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Every option has an environment variable: --api-key is TALLY_API_KEY.",
      "Exit codes: 0 good, 1 the log does not verify, 2 usage, 3 can't reach or open, 4 not permitted."
    })
public final class Main {
  private Main() {}

  /**
   * Runs one command and exits with its code.
   *
   * @param args the arguments, taken literally: {@code @name} is not read as a file
   */
  public static void main(String[] args) {
    Logging.install();
    Map<String, String> environment = System.getenv();
    Terminal terminal =
        new Terminal(stream(FileDescriptor.out), stream(FileDescriptor.err), environment);
    int code = commandLine(terminal, environment).execute(args);
    terminal.out().flush();
    System.exit(code);
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(
        new FileOutputStream(descriptor), descriptor == FileDescriptor.err, StandardCharsets.UTF_8);
  }

  /** The whole command line, ready to be executed. */
  static CommandLine commandLine(Terminal terminal, Map<String, String> environment) {
    CommandLine tally = new CommandLine(new Main());
    tally.addSubcommand(new ServeCommand(terminal));
    addReading(tally, terminal);
    tally.addSubcommand(new AppendCommand(terminal));
    tally.addSubcommand(new KeysCommand(terminal));
    addTree(tally, terminal);
    tally.addSubcommand(new BackupCommand(terminal));
    tally.addSubcommand(new RebuildIndexCommand(terminal));
    tally.addSubcommand(AutoComplete.GenerateCompletion.class);

    // The audit-logging document writes "auth audit" before each of its commands.
    CommandLine audit = group("audit");
    addReading(audit, terminal);
    CommandLine auth = group("auth");
    auth.addSubcommand(audit);
    tally.addSubcommand(auth);

    helpful(tally);
    tally
        .setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
        .setExpandAtFiles(false)
        .setDefaultValueProvider(new EnvironmentDefaults(environment))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExitCodeExceptionMapper(Main::exitCode)
        .setExecutionExceptionHandler((e, command, parsed) -> {
          terminal.out().flush();
          terminal.err().println("tally: " + sentence(e));
          return exitCode(e);
        });
    return tally;
  }

  /** Every command knows --help; those that are methods have to say so themselves. */
  private static void helpful(CommandLine command) {
    if (!command.getCommandSpec().mixinStandardHelpOptions()) {
      command.getCommandSpec().mixinStandardHelpOptions(true).versionProvider(new Version());
    }
    command.getSubcommands().values().forEach(Main::helpful);
  }

  private static CommandLine group(String name) {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage()
        .description("The reading commands, as the audit-logging document has them.");
    CommandLine group = new CommandLine(spec);
    group.setExecutionStrategy(new CommandLine.RunLast());
    return group;
  }

  private static void addReading(CommandLine group, Terminal terminal) {
    group.addSubcommand("list", ListCommand.all(terminal));
    group.addSubcommand("user", new UserCommand(terminal));
    group.addSubcommand("security", ListCommand.security(terminal));
    group.addSubcommand("types", new TypesCommand(terminal));
    group.addSubcommand("stats", new StatsCommand(terminal));
    group.addSubcommand("verify", new VerifyCommand(terminal));
    group.addSubcommand("tail", new TailCommand(terminal));
    group.addSubcommand("export", new ExportCommand(terminal));
  }

  private static void addTree(CommandLine tally, Terminal terminal) {
    tally.addSubcommand(new ProveCommand(terminal));
    tally.addSubcommand(new VerifyProofCommand(terminal));
    tally.addSubcommand(new VerifyBundleCommand(terminal));
    CommandLine checkpoint = new CommandLine(new CheckpointCommand(terminal));
    checkpoint.addSubcommand(new CheckpointCommand.ListKept(terminal));
    checkpoint.addSubcommand(new NotariseCommand(terminal));
    tally.addSubcommand(checkpoint);
    tally.addSubcommand(new WitnessCommand(terminal));
    CommandLine key = new CommandLine(new KeyCommand(terminal));
    key.addSubcommand(new KeyCommand.Rotate(terminal));
    tally.addSubcommand(key);
  }

  private static int exitCode(Throwable e) {
    return switch (e) {
      case Failure failure -> failure.exitCode();
      case ParameterException usage -> Failure.USAGE;
      case IllegalArgumentException usage -> Failure.USAGE;
      default -> Failure.UNREACHABLE;
    };
  }

  private static String sentence(Exception e) {
    String message = e.getMessage() == null ? "" : e.getMessage();
    return switch (e) {
      case Failure failure -> message;
      case InvalidParameterException invalid ->
          "--" + invalid.name().replace('_', '-') + ": " + Printable.of(message);
      case LogException log -> message;
      case IndexException index -> message;
      case IllegalArgumentException usage -> Printable.of(message);
      case IOException io -> io.getClass().getSimpleName() + ": " + message;
      default -> "unexpected: " + e;
    };
  }

  /** The version that the jar's manifest names. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"tally " + (version == null ? "(not packaged)" : version)};
    }
  }
}
