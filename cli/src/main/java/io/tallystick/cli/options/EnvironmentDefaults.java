package io.tallystick.cli.options;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Gives every option the value of its environment variable where the command line has none: {@code
 * --api-key} is {@code TALLY_API_KEY}. An empty variable counts as unset. {@code
 * SIMPLETUNER_AUDIT_RETENTION_DAYS}, the audit-logging document's name for the retention, is read
 * too.
 *
 * <p>The command line takes precedence over the environment, also between alternatives: {@code
 * --data} takes precedence over {@code TALLY_URL}.
 */
public final class EnvironmentDefaults implements IDefaultValueProvider {
  /** Options that are alternatives to each other. */
  static final List<Set<String>> ALTERNATIVES =
      List.of(Set.of("--data", "--url", "--archive"), Set.of("--api-key", "--api-key-file"));

  private static final String PREFIX = "TALLY_";
  private static final Map<String, String> OTHER_NAMES =
      Map.of("TALLY_RETENTION_DAYS", "SIMPLETUNER_AUDIT_RETENTION_DAYS");

  private final Map<String, String> environment;
  private final List<String> arguments;

  /**
   * @param arguments the words of the command line, which take precedence
   */
  public EnvironmentDefaults(Map<String, String> environment, List<String> arguments) {
    this.environment = environment;
    this.arguments = List.copyOf(arguments);
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || isAnswered(option)) {
      return argument.defaultValue();
    }
    String value = value(option);
    return value.isEmpty() ? option.defaultValue() : value;
  }

  /**
   * Whether the command line has this option or an alternative to it. The variable of a flag must
   * not become its default then, because picocli sets a flag on the command line to the opposite of
   * its default.
   */
  private boolean isAnswered(OptionSpec option) {
    String name = option.longestName();
    if (!name.startsWith("--") || option.usageHelp() || option.versionHelp()) {
      return true;
    }
    for (Set<String> names : ALTERNATIVES) {
      if (names.contains(name)) {
        return names.stream().anyMatch(this::isGiven);
      }
    }
    return List.of(option.names()).stream().anyMatch(this::isGiven);
  }

  private boolean isGiven(String name) {
    return arguments.stream().anyMatch(word -> word.equals(name) || word.startsWith(name + "="));
  }

  /** The content of the option's variable; empty if unset. */
  private String value(OptionSpec option) {
    String name = variable(option);
    String value = environment.getOrDefault(name, "").strip();
    return value.isEmpty() && OTHER_NAMES.containsKey(name)
        ? environment.getOrDefault(OTHER_NAMES.get(name), "").strip()
        : value;
  }

  /**
   * The variable of an option: {@code --start-id} is {@code TALLY_START_ID}. The formats of an
   * export and of an import have variables of their own, because they are other formats.
   */
  static String variable(OptionSpec option) {
    String name = option.longestName().substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
    String command = option.command().name();
    boolean ofItsOwn =
        name.equals("FORMAT") && (command.equals("export") || command.equals("import"));
    return PREFIX + (ofItsOwn ? command.toUpperCase(Locale.ROOT) + "_" : "") + name;
  }
}
