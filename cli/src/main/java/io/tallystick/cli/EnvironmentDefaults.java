package io.tallystick.cli;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Gives every option the value of its environment variable where the command line has none: {@code
 * --api-key} is {@code TALLY_API_KEY}. The audit-logging document's own name for the retention is
 * read too.
 */
final class EnvironmentDefaults implements IDefaultValueProvider {
  private static final String PREFIX = "TALLY_";
  private static final Map<String, String> OTHER_NAMES =
      Map.of("TALLY_RETENTION_DAYS", "SIMPLETUNER_AUDIT_RETENTION_DAYS");

  private final Map<String, String> environment;

  EnvironmentDefaults(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || !option.longestName().startsWith("--")) {
      return argument.defaultValue();
    }
    String name = variable(option.longestName());
    String value = environment.get(name);
    if (value == null && OTHER_NAMES.containsKey(name)) {
      value = environment.get(OTHER_NAMES.get(name));
    }
    return value == null || value.isEmpty() ? option.defaultValue() : value;
  }

  /** The variable of an option: {@code --start-id} is {@code TALLY_START_ID}. */
  static String variable(String option) {
    return PREFIX + option.substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
