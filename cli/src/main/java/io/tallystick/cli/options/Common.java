package io.tallystick.cli.options;

import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Terminal;
import java.io.IOException;
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

  /** A request to a log. */
  @FunctionalInterface
  public interface Request<T> {
    Answered<T> to(Source source) throws IOException, InterruptedException;
  }

  /** The log's answer to a request. */
  public <T> Answered<T> ask(Terminal terminal, Request<T> request)
      throws IOException, InterruptedException {
    try (Source source = where.source(terminal)) {
      return request.to(source);
    }
  }
}
