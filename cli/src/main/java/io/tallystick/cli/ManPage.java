package io.tallystick.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The manual page of a command line, in the macros of man(7): the help of every command in one
 * place.
 */
final class ManPage {
  private final StringBuilder roff = new StringBuilder();

  private ManPage() {}

  /** The page of a command and its subcommands. */
  static String of(CommandLine command) {
    ManPage page = new ManPage();
    CommandSpec spec = command.getCommandSpec();
    String version = String.join(" ", spec.version());
    page.request("TH", spec.name().toUpperCase(Locale.ROOT), "1", "", version, "");
    page.request("SH", "NAME");
    page.text(spec.name() + " - " + description(spec));
    page.request("SH", "SYNOPSIS");
    page.text(spec.name() + " COMMAND [OPTIONS]; every COMMAND has --help");
    page.request("SH", "COMMANDS");
    page.commands(command);
    page.request("SH", "NOTES");
    for (String line : spec.usageMessage().footer()) {
      if (!line.isEmpty()) {
        page.request("PP");
        page.text(line);
      }
    }
    return page.roff.toString();
  }

  private void commands(CommandLine group) {
    for (CommandLine command : new ArrayList<>(group.getSubcommands().values())) {
      CommandSpec spec = command.getCommandSpec();
      request("SS", spec.qualifiedName());
      text(description(spec));
      spec.positionalParameters().forEach(this::parameter);
      spec.options().stream()
          .filter(option -> !option.hidden() && !option.usageHelp() && !option.versionHelp())
          .forEach(this::option);
      // Its subcommands are the commands that read, once more.
      if (!spec.name().equals(Main.AUTH)) {
        commands(command);
      }
    }
  }

  private void parameter(PositionalParamSpec parameter) {
    item("\\fI" + escaped(parameter.paramLabel()) + "\\fR", parameter);
  }

  private void option(OptionSpec option) {
    List<String> names =
        Arrays.stream(option.names()).map(name -> "\\fB" + escaped(name) + "\\fR").toList();
    boolean takesValue = option.arity().max() > 0;
    item(
        String.join(", ", names)
            + (takesValue ? " \\fI" + escaped(option.paramLabel()) + "\\fR" : ""),
        option);
  }

  private void item(String tag, ArgSpec argument) {
    request("TP");
    roff.append(tag).append('\n');
    text(String.join(" ", argument.description()));
  }

  private static String description(CommandSpec spec) {
    return String.join(" ", spec.usageMessage().description());
  }

  private void request(String name, String... arguments) {
    roff.append('.').append(name);
    for (String argument : arguments) {
      roff.append(" \"").append(escaped(argument)).append('"');
    }
    roff.append('\n');
  }

  private void text(String text) {
    // A line that begins with one of these would be a request.
    roff.append("\\&").append(escaped(text)).append('\n');
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq");
  }
}
