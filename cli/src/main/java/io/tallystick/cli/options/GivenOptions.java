package io.tallystick.cli.options;

import io.tallystick.cli.terminal.Printable;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Checks across options: alternatives that exclude each other, and gaps in lists. */
public final class GivenOptions {
  /** The separator of an option with several values. */
  public static final String COMMA = "\\s*,\\s*";

  private static final Pattern PART = Pattern.compile(COMMA);

  private GivenOptions() {}

  /**
   * Checks the options of the command that is about to run.
   *
   * @param variables where values come from that the command line does not have
   * @throws ParameterException naming the option and what is allowed
   */
  public static void check(ParseResult parsed, EnvironmentDefaults variables) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    if (last.isUsageHelpRequested() || last.isVersionHelpRequested()) {
      return;
    }
    CommandLine command = last.commandSpec().commandLine();
    for (Set<String> names : EnvironmentDefaults.ALTERNATIVES) {
      List<String> given = names.stream().filter(last::hasMatchedOption).sorted().toList();
      if (given.size() > 1) {
        throw new ParameterException(
            command, String.join(" and ", given) + " exclude each other; give one of them");
      }
    }
    checkTrust(last, variables);
    for (OptionSpec option : last.commandSpec().options()) {
      if (option.splitRegex().isEmpty()) {
        continue;
      }
      String variable = variables.defaultValue(option);
      List<String> values =
          last.hasMatchedOption(option)
              ? last.matchedOption(option.longestName()).originalStringValues()
              : variable == null ? List.of() : List.of(variable);
      for (String value : values) {
        if (PART.splitAsStream(value + ",x").anyMatch(String::isBlank)) {
          throw new ParameterException(
              command,
              option.longestName()
                  + " is \""
                  + Printable.of(value)
                  + "\", which has an empty value in it; separate values with one comma each");
        }
      }
    }
  }

  /** A command that only reads checks a key against an archive alone; saying more would mislead. */
  private static void checkTrust(ParseResult parsed, EnvironmentDefaults variables) {
    OptionSpec archive = parsed.commandSpec().findOption("--archive");
    if (archive == null
        || parsed.commandSpec().name().equals("verify")
        || !parsed.hasMatchedOption("--key")
        || parsed.hasMatchedOption(archive)
        || variables.defaultValue(archive) != null) {
      return;
    }
    throw new ParameterException(
        parsed.commandSpec().commandLine(),
        "--key is checked against an archive only: name one with --archive, or run"
            + " \"tally verify --key\"");
  }
}
