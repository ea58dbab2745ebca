package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogLineTest {
  private static final String FAKE = "2026-11-24T01:02:03.004+0000 SEVERE io.tallystick: fake";
  private static final String HOSTILE =
      "a\r\n" + FAKE + "\u001b[31m\u009b2J\u202e\u2028\u2029\u0000\u0085\ufeff\ud800";

  private static LogRecord record(String message) {
    LogRecord record = new LogRecord(Level.WARNING, message);
    record.setLoggerName("io.tallystick.http.wire.Problems");
    return record;
  }

  @Test
  void aRecordIsOneLineWhateverItSays() {
    LogRecord asParameter = record("refused: {0}");
    asParameter.setParameters(new Object[] {HOSTILE});
    for (LogRecord record : List.of(record(HOSTILE), asParameter)) {
      String line = new LogLine().format(record);
      assertThat(line)
          .matches(
              "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}[+-]\\d{4} WARNING"
                  + " io\\.tallystick\\.http\\.wire\\.Problems: [ -~]*\n")
          .contains("a\\u000d\\u000a2026", "\\u001b[31m\\u009b2J\\u202e\\u2028\\u2029\\u0000")
          .endsWith("\\u0085\\ufeff\\ud800\n");
    }
  }

  @Test
  void theLinesOfATraceAreNotTakenForRecords() {
    LogRecord record = record("a request failed");
    record.setThrown(
        new IllegalStateException(HOSTILE, new IllegalArgumentException("\t\n" + FAKE)));
    List<String> lines = new LogLine().format(record).lines().toList();
    assertThat(lines.getFirst()).endsWith("Problems: a request failed");
    assertThat(lines.subList(1, lines.size()))
        .allMatch(line -> line.matches("\t[ -~]*"))
        .anyMatch(line -> line.contains("IllegalStateException"))
        .anyMatch(line -> line.equals("\t" + FAKE))
        .anyMatch(line -> line.startsWith("\tat io.tallystick.cli.LogLineTest"));
  }
}
