package io.tallystick.cli;

import io.tallystick.cli.terminal.Printable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Formats a record of the process's own log as one line. Control characters are escaped, so that
 * nobody can forge a line through a request. The lines of a stack trace begin with a tab, which no
 * record does.
 */
public final class LogLine extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSxx", Locale.ROOT)
          .withZone(ZoneId.systemDefault());

  /** Called by the JDK's logging, whose configuration names this class. */
  public LogLine() {}

  @Override
  public String format(LogRecord record) {
    String head =
        TIME.format(record.getInstant())
            + " "
            + record.getLevel().getName()
            + " "
            + record.getLoggerName()
            + ": "
            + formatMessage(record);
    return Printable.of(head) + "\n" + trace(record.getThrown());
  }

  private static String trace(@Nullable Throwable thrown) {
    if (thrown == null) {
      return "";
    }
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace, true));
    return trace
        .toString()
        .lines()
        .map(line -> "\t" + Printable.of(line.strip()) + "\n")
        .collect(Collectors.joining());
  }
}
