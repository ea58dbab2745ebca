package io.tallystick.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every command that asks takes: where the log is, and how to show the answer. */
final class Common {
  @Mixin Where where = new Where();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table, json or csv (default: ${DEFAULT-VALUE}).")
  Format format = Format.table;

  /** The answer to a question. */
  byte[] ask(Terminal terminal, String path, Map<String, List<String>> parameters)
      throws IOException, InterruptedException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try (Source source = where.source(terminal)) {
      source.get(path, parameters, answer);
    }
    return answer.toByteArray();
  }

  /** Prints an answer as it came. */
  static void printJson(Terminal terminal, byte[] answer) {
    terminal.data().write(answer, 0, answer.length);
    terminal.data().println();
    terminal.data().flush();
  }

  /** Prints CSV. */
  static void printCsv(Terminal terminal, String csv) {
    terminal.data().print(csv);
    terminal.data().flush();
  }

  static JsonNode tree(byte[] answer) throws IOException {
    return new ObjectMapper().readTree(answer);
  }
}
