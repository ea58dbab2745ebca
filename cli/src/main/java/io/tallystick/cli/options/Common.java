package io.tallystick.cli.options;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every command that reads: where the log is, and how to show the answer. */
public final class Common {
  @Mixin public Where where = new Where();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "Format of the answer: table, json or csv (default: ${DEFAULT-VALUE})")
  public Format format = Format.table;

  /** The answer to a question. */
  public byte[] ask(Terminal terminal, String path, Map<String, List<String>> parameters)
      throws IOException, InterruptedException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try (Source source = where.source(terminal)) {
      source.get(path, parameters, answer);
    }
    return answer.toByteArray();
  }

  /** The answer's JSON. */
  public static JsonNode tree(byte[] answer) throws IOException {
    return new ObjectMapper().readTree(answer);
  }
}
