package io.tallystick.cli;

import io.tallystick.cli.backfill.ImportCommand;
import io.tallystick.cli.command.AppendCommand;
import io.tallystick.cli.command.ArchiveCommand;
import io.tallystick.cli.command.BackupCommand;
import io.tallystick.cli.command.CheckpointCommand;
import io.tallystick.cli.command.EraseCommand;
import io.tallystick.cli.command.ExportCommand;
import io.tallystick.cli.command.HoldCommand;
import io.tallystick.cli.command.KeyCommand;
import io.tallystick.cli.command.KeysCommand;
import io.tallystick.cli.command.NotariseCommand;
import io.tallystick.cli.command.ProveCommand;
import io.tallystick.cli.command.RebuildIndexCommand;
import io.tallystick.cli.command.RestoreCommand;
import io.tallystick.cli.command.ServeCommand;
import io.tallystick.cli.command.VerifyBundleCommand;
import io.tallystick.cli.command.VerifyCommand;
import io.tallystick.cli.command.VerifyProofCommand;
import io.tallystick.cli.command.WitnessCommand;
import io.tallystick.cli.forward.ForwardCommand;
import io.tallystick.cli.mapping.MapCommand;
import io.tallystick.cli.options.EnvironmentDefaults;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.reading.ListCommand;
import io.tallystick.cli.reading.SourcesCommand;
import io.tallystick.cli.reading.StatsCommand;
import io.tallystick.cli.reading.TailCommand;
import io.tallystick.cli.reading.TypesCommand;
import io.tallystick.cli.reading.UserCommand;
import io.tallystick.cli.terminal.ClosedPipe;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Output;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.http.ListenException;
import io.tallystick.index.IndexException;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.erasure.HeldException;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * The {@code tally} command. Exit codes, in every format: 0 success; 1 the log, proof, bundle or
 * archive does not verify; 2 wrong usage; 3 can't reach, open or write; 4 not permitted.
 */
@Command(
    name = "tally",
    description = "A tamper-evident audit log",
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Every option has an environment variable: --api-key is TALLY_API_KEY",
      "Exit codes: 0 success, 1 does not verify, 2 wrong usage, 3 cannot reach, open or write, 4 not permitted"
    })
public final class Main {
  static final String AUTH = "auth";

  private Main() {}

  /**
   * Runs one command and exits with its code.
   *
   * @param args the arguments; {@code @name} has no special meaning
   */
  public static void main(String[] args) {
    Map<String, String> environment = System.getenv();
    int code = run(start(environment), environment, List.of(args));
    System.exit(code);
  }

  /** Sets up the locale and the logging of the process, and gives its terminal. */
  static Terminal start(Map<String, String> environment) {
    // A proof, CSV and an address must not be written with the digits of another script.
    Locale.setDefault(Locale.ROOT);
    Logging.install();
    return Terminal.ofProcess(environment);
  }

  /** Runs one command and gives its exit code. */
  static int run(Terminal terminal, Map<String, String> environment, List<String> arguments) {
    int code =
        commandLine(terminal, environment, arguments).execute(arguments.toArray(new String[0]));
    if (terminal.out().checkError() && code == 0) {
      terminal.err().println("tally: " + Output.FAILED);
      return Failure.UNREACHABLE;
    }
    return code;
  }

  /**
   * The command line, ready to be executed. If its first word names a command, only that one is
   * built, because building all of them takes longer than most commands do.
   */
  private static CommandLine commandLine(
      Terminal terminal, Map<String, String> environment, List<String> arguments) {
    CommandLine tally = new CommandLine(new Main());
    String first = arguments.isEmpty() ? "" : arguments.getFirst();
    Map<String, Supplier<Object>> commands = commands(terminal);
    Supplier<Object> named = commands.get(first);
    if (named != null) {
      add(tally, first, named.get());
    } else {
      commands.forEach((name, command) -> add(tally, name, command.get()));
      add(tally, "generate-completion", completion());
    }
    addHelp(tally);
    EnvironmentDefaults variables = new EnvironmentDefaults(environment, arguments);
    tally
        .setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
        .setExpandAtFiles(false)
        .setDefaultValueProvider(variables)
        .setExecutionStrategy(parsed -> {
          GivenOptions.check(parsed, variables);
          return new CommandLine.RunLast().execute(parsed);
        })
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExitCodeExceptionMapper(Main::exitCode)
        .setExecutionExceptionHandler((e, command, parsed) -> {
          if (e instanceof ClosedPipe) {
            return 0;
          }
          terminal.out().flush();
          terminal.err().println("tally: " + Printable.of(sentence(e)));
          return exitCode(e);
        });
    return tally;
  }

  /** Adds a command under a name, which need not be the one that its class has. */
  private static void add(CommandLine group, String name, Object command) {
    CommandLine named = command instanceof CommandLine line ? line : new CommandLine(command);
    named.getCommandSpec().name(name);
    group.addSubcommand(name, named);
  }

  /**
   * Gives every command --help and --version, in our own words. A command that is a method must not
   * have picocli's own, which would shift its arguments when they are removed.
   */
  private static void addHelp(CommandLine command) {
    command
        .getCommandSpec()
        .mixinStandardHelpOptions(false)
        .versionProvider(new Version())
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help and exit")
                .build())
        .addOption(
            OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("Print the version and exit")
                .build());
    command.getSubcommands().values().forEach(Main::addHelp);
  }

  private static CommandLine completion() {
    CommandLine completion = new CommandLine(new AutoComplete.GenerateCompletion());
    completion
        .getCommandSpec()
        .usageMessage()
        .description(
            "Print a completion script for bash and zsh, for use as"
                + " \"source <(tally generate-completion)\"");
    return completion;
  }

  private static CommandLine group(String name) {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage()
        .description("Run a command that reads under its name in the audit-logging document");
    return new CommandLine(spec);
  }

  private static Map<String, Supplier<Object>> commands(Terminal terminal) {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("serve", () -> new ServeCommand(terminal));
    commands.putAll(reading(terminal));
    commands.put("append", () -> changing(new AppendCommand(terminal)));
    commands.put("import", () -> changing(new ImportCommand(terminal)));
    commands.put("map", () -> new MapCommand(terminal));
    commands.put("keys", () -> new KeysCommand(terminal));
    commands.put("witness", () -> new WitnessCommand(terminal));
    commands.put("archive", () -> changing(new ArchiveCommand(terminal)));
    commands.put("erase", () -> changing(new EraseCommand(terminal)));
    commands.put("forward", () -> new ForwardCommand(terminal));
    commands.put("hold", () -> new HoldCommand(terminal));
    commands.put("restore", () -> new RestoreCommand(terminal));
    commands.put("backup", () -> new BackupCommand(terminal));
    commands.put("rebuild-index", () -> new RebuildIndexCommand(terminal));
    commands.put(AUTH, () -> auth(terminal));
    commands.put(
        "generate-man-page",
        () -> new ManPageCommand(terminal, () -> commandLine(terminal, Map.of(), List.of())));
    return commands;
  }

  /**
   * A command that changes a log. Its help has no --archive, which can't be changed; named
   * nevertheless, or by a variable, it must not be taken for the log in ./tally-data.
   */
  private static CommandLine changing(Object command) {
    CommandLine line = new CommandLine(command);
    for (String name : List.of("--archive", "--key")) {
      OptionSpec option = line.getCommandSpec().findOption(name);
      line.getCommandSpec().remove(option);
      line.getCommandSpec().addOption(OptionSpec.builder(option).hidden(true).build());
    }
    return line;
  }

  private static Map<String, Supplier<Object>> reading(Terminal terminal) {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("list", () -> ListCommand.all(terminal));
    commands.put("user", () -> new UserCommand(terminal));
    commands.put("security", () -> security(terminal));
    commands.put("types", () -> new TypesCommand(terminal));
    commands.put("sources", () -> new SourcesCommand(terminal));
    commands.put("stats", () -> new StatsCommand(terminal));
    commands.put("verify", () -> new VerifyCommand(terminal));
    commands.put("tail", () -> new TailCommand(terminal));
    commands.put("export", () -> new ExportCommand(terminal));
    commands.put("prove", () -> new ProveCommand(terminal));
    commands.put("verify-proof", () -> new VerifyProofCommand(terminal));
    commands.put("verify-bundle", () -> new VerifyBundleCommand(terminal));
    commands.put(
        "checkpoint",
        () ->
            new CommandLine(new CheckpointCommand(terminal))
                .addSubcommand(new CheckpointCommand.ListKept(terminal))
                .addSubcommand(new NotariseCommand(terminal)));
    commands.put(
        "key",
        () ->
            new CommandLine(new KeyCommand(terminal))
                .addSubcommand(new KeyCommand.Rotate(terminal)));
    return commands;
  }

  /** The class of {@code list} once more, which describes itself as that. */
  private static CommandLine security(Terminal terminal) {
    CommandLine security = new CommandLine(ListCommand.security(terminal));
    security
        .getCommandSpec()
        .usageMessage()
        .description("List security events, newest first, with filters");
    return security;
  }

  /** The audit-logging document writes "auth audit" before each of its commands. */
  private static CommandLine auth(Terminal terminal) {
    CommandLine audit = group("audit");
    reading(terminal).forEach((name, command) -> add(audit, name, command.get()));
    return group(AUTH).addSubcommand(audit);
  }

  private static int exitCode(Throwable e) {
    return switch (e) {
      case Failure failure -> failure.exitCode();
      case ParameterException usage -> Failure.USAGE;
      case IllegalArgumentException usage -> Failure.USAGE;
      case HeldException held -> Failure.USAGE;
      default -> Failure.UNREACHABLE;
    };
  }

  private static String sentence(Exception e) {
    String message = e.getMessage() == null ? "" : e.getMessage();
    return switch (e) {
      case Failure failure -> message;
      case InvalidParameterException invalid -> invalid.messageNaming(label(invalid.name()));
      case LogException log -> message;
      case ListenException listen -> message;
      case HeldException held -> message;
      case IndexException index -> message;
      case IllegalArgumentException usage -> message;
      case NoSuchFileException missing -> "there is no file or directory " + message;
      case AccessDeniedException denied -> "no permission to open " + message;
      case FileAlreadyExistsException existing -> message + " exists already";
      case NotDirectoryException file -> message + " is not a directory";
      case FileSystemException file ->
          file.getFile() + ": " + (file.getReason() == null ? "can't be used" : file.getReason());
      case IOException io -> message.isEmpty() ? "reading or writing failed" : message;
      default -> "unexpected: " + e;
    };
  }

  /** What the command line calls a parameter of the API: an option, or an argument like ID. */
  private static String label(String parameter) {
    if (parameter.startsWith("details.")) {
      return "--details " + parameter.substring("details.".length());
    }
    if (parameter.equals("q")) {
      return "--text";
    }
    boolean argument = parameter.equals(parameter.toUpperCase(Locale.ROOT));
    return argument ? parameter : "--" + parameter.replace('_', '-');
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
