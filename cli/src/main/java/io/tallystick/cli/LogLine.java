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
 * A record of the process's own log as one line. Whatever others could have put into it is shown as
 * its code, so that nobody writes a line of his own; the lines of a stack trace begin with a tab,
 * as no record does.
 */
public final class LogLine extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSxx", Locale.ROOT)
          .withZone(ZoneId.systemDefault());

  /** Called by the JDK's logging, which is told this class's name. */
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
