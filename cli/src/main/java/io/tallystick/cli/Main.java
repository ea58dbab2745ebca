package io.tallystick.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The {@code tally} command, which only its subcommands make useful. */
@Command(
    name = "tally",
    description = "A tamper-evident audit log.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
public final class Main implements Runnable {

  private final CommandSpec spec = CommandSpec.forAnnotatedObject(this);

  private Main() {}

  /**
   * Runs one command and exits with its code: 0 for success, 2 for a usage error.
   *
   * @param args the arguments, taken literally: {@code @name} is not read as a file
   */
  public static void main(String[] args) {
    Logging.install();
    System.exit(new CommandLine(new Main().spec).setExpandAtFiles(false).execute(args));
  }

  /** Refuses a bare {@code tally}: the usage goes to standard error, and the exit code is 2. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "tally needs a command");
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"tally " + (version == null ? "(not packaged)" : version)};
    }
  }
}
