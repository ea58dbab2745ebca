package io.tallystick.cli.options;

import io.tallystick.cli.terminal.Printable;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** What no option can see for itself: two that exclude each other, and gaps in lists. */
public final class GivenOptions {
  /** How an option that takes several separates them. */
  public static final String COMMA = "\\s*,\\s*";

  private static final Pattern PART = Pattern.compile(COMMA);

  private GivenOptions() {}

  /**
   * Checks the options of the command that is about to run.
   *
   * @param variables where their values come from if not from the command line
   * @throws ParameterException naming the option and what it takes
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
                  + "\", where something is missing; several are separated by one comma each");
        }
      }
    }
  }
}
