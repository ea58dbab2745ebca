package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text in entries, holds and requests that would act on whatever prints it. */
class InjectionIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Each begins a formula, a cell, a line, an escape sequence, or turns the line around. */
  private static final List<String> HOSTILE =
      List.of(
          "=HYPERLINK(\"http://x\",\"y\")",
          "+1+1",
          "-1+1",
          "@SUM(1)",
          "\t=1",
          "\r=1",
          "\n=1",
          "a\",\"=1+1",
          "a\r\n=1+1,2",
          "a\n999  2026-11-24 00:00:00.000  auth.logout",
          "\u001b[2J\u001b[31mred",
          "\u001b]0;title\u0007",
          "\u009b31m\u0090q\u009c",
          "\u202eevil\u2066\u200b\u2028\u2029\ufeff",
          "\b\b\b\u007f\u0001",
          "<script>alert(1)</script>",
          "%n%s{}${jndi:ldap://x}");

  private static final List<String> COLUMNS =
      List.of("actor_username", "user_agent", "target_type", "target_id", "action", "request_id");

  @TempDir static Path directory;
  private static Tally.Server server;

  @BeforeAll
  static void start() throws Exception {
    server =
        Tally.Server.start(
            directory.resolve("data\n2026-11-24T01:02:03.004+0000 SEVERE x: fake\u001b[31m"),
            Map.of());
    StringBuilder events = new StringBuilder();
    for (int i = 0; i < HOSTILE.size(); i++) {
      ObjectNode event = JSON.createObjectNode().put("event_type", "security.suspicious");
      for (String column : COLUMNS) {
        event.put(column, HOSTILE.get(i) + (column.equals("request_id") ? i : ""));
      }
      event.put("actor_id", 7);
      event.putObject("details").put(HOSTILE.get(i), HOSTILE.get(i));
      events.append(event).append('\n');
    }
    assertThat(server.post(events.toString()).statusCode()).isEqualTo(201);
    Map<String, String> where = server.environment();
    assertThat(
            Tally.run(
                    where,
                    "",
                    "hold",
                    "add",
                    "--start-id",
                    "1",
                    "--end-id",
                    "2",
                    "--reason",
                    HOSTILE.get(10))
                .code())
        .isZero();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String tally(String... arguments) throws Exception {
    Tally.Result result = Tally.run(server.environment(), "", arguments);
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    return result.out();
  }

  /** Commands, of which only the first few are tried unless there is time for all. */
  private static List<String[]> some(int few, String... commands) {
    long count = Boolean.getBoolean("tallystick.long") ? commands.length : few;
    return Arrays.stream(commands).limit(count).map(words -> words.split(" ", -1)).toList();
  }

  @Test
  void aTableHasALineForEachEntryAndNothingThatATerminalObeys() throws Exception {
    for (String[] command : some(2, "list", "tail --lines 100", "user 7", "security")) {
      String table = tally(command);
      assertPlain(table);
      assertThat(table.lines().filter(line -> line.contains("security.suspicious")))
          .as(command[0])
          .hasSize(HOSTILE.size())
          .allMatch(line -> line.matches("[0-9]+ .*"));
    }
    for (String[] command : some(0, "stats", "types", "keys list", "verify")) {
      assertPlain(tally(command));
    }
    assertThat(tally("hold", "list")).contains("\\u001b[2J").hasLineCount(2);
    Path proof = directory.resolve("proof");
    tally("prove", "13", "--out", proof.toString());
    Path entry = directory.resolve("entry");
    Files.writeString(entry, server.get("/api/audit/export?after_id=12&before_id=14").body());
    String shown =
        tally("verify-proof", proof.toString(), "--entry", entry.toString(), "--key", key());
    assertPlain(shown);
    assertThat(shown).hasLineCount(2);
  }

  private static String key() throws Exception {
    return tally("key").lines().findFirst().orElseThrow();
  }

  @Test
  void aCellOfCsvIsOneCellAndNoFormula() throws Exception {
    for (String[] command :
        some(
            2,
            "list --format csv",
            "export --format csv",
            "user 7 --format csv",
            "security --format csv")) {
      List<List<String>> rows = rows(tally(command));
      List<String> head = rows.getFirst();
      assertThat(rows.subList(1, rows.size()))
          .as(command[0])
          .allMatch(row -> row.size() == head.size())
          .allMatch(row -> row.stream().noneMatch(InjectionIT::isFormula));
      int action = head.indexOf("action");
      List<String> actions =
          rows.stream()
              .filter(row -> row.contains("security.suspicious"))
              .map(row -> row.get(action).replaceFirst("^'", ""))
              .toList();
      assertThat(actions).containsExactlyInAnyOrderElementsOf(HOSTILE);
    }
    for (String[] command :
        some(1, "hold list --format csv", "keys list --format csv", "stats --format csv")) {
      List<List<String>> rows = rows(tally(command));
      assertThat(rows).allMatch(row -> row.size() == rows.getFirst().size());
    }
  }

  private static boolean isFormula(String cell) {
    return !cell.isEmpty() && "=+-@\t\r\n".indexOf(cell.charAt(0)) >= 0;
  }

  /** Reads CSV as RFC 4180 has it. */
  private static List<List<String>> rows(String csv) {
    List<List<String>> rows = new ArrayList<>();
    List<String> row = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < csv.length(); i++) {
      char c = csv.charAt(i);
      if (quoted && c == '"' && i + 1 < csv.length() && csv.charAt(i + 1) == '"') {
        cell.append('"');
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c == ',') {
        row.add(cell.toString());
        cell.setLength(0);
      } else if (!quoted && c == '\r') {
        assertThat(csv.charAt(++i)).isEqualTo('\n');
        row.add(cell.toString());
        cell.setLength(0);
        rows.add(row);
        row = new ArrayList<>();
      } else {
        assertThat(quoted || c != '\n').isTrue();
        cell.append(c);
      }
    }
    assertThat(quoted).isFalse();
    return rows;
  }

  @Test
  void jsonIsExactInAPipe() throws Exception {
    JsonNode list = JSON.readTree(tally("list", "--event-type", "security.*", "--format", "json"));
    List<String> actions = new ArrayList<>();
    list.get("entries").forEach(entry -> actions.add(0, entry.get("action").asText()));
    assertThat(actions).containsExactlyElementsOf(HOSTILE);
  }

  @Test
  void onATerminalDataIsShownWithoutWhatItWouldObey() throws Exception {
    for (String[] command :
        some(
            3,
            "list --format json",
            "tail --lines 100 --format json",
            "export --format csv",
            "list",
            "list --format csv",
            "user 7 --format json",
            "security --format csv",
            "tail --lines 100",
            "export",
            "export --format json",
            "hold list --format json")) {
      String shown = onTerminal(command);
      String ours = shown.replaceAll("\u001b\\[(0|1|2|31|32)m", "").replace("\r\n", "\n");
      assertPlain(ours);
      assertThat(ours).as(String.join(" ", command)).containsIgnoringCase("\\u001b[2j");
    }
  }

  /** What {@code script} shows of a command that it runs on a terminal. */
  private static String onTerminal(String... arguments) throws Exception {
    String command =
        Tally.command(List.of(arguments)).command().stream()
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    ProcessBuilder builder = new ProcessBuilder("script", "-qec", command, "/dev/null");
    builder.environment().putAll(server.environment());
    builder.environment().putAll(Map.of("TERM", "xterm", "COLUMNS", "500"));
    Path out = directory.resolve("out");
    Process process;
    try {
      process = builder.redirectErrorStream(true).redirectOutput(out.toFile()).start();
    } catch (IOException e) {
      assumeTrue(false, "needs the command script, of util-linux");
      throw e;
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return Files.readString(out);
  }

  @Test
  void nobodyWritesALineOfTheServersLog() throws Exception {
    URI url = URI.create(server.url());
    for (String bytes :
        List.of(
            "GET /a\u009b2J HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \u009b31m\u0085fake\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nHost: \u009b31m\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a b\n2026-11-24T01:02:03.004+0000 SEVERE x: fake\r\n\r\n",
            "GET /api/audit HTTP/1.1\r\nHost: x\r\nX-API-Key: \u009b\r\nUser-Agent: \u009b\u0085\r\n\r\n",
            "\u009b\u0085\r\n\r\n")) {
      for (int i = 0; i < 20; i++) {
        try (Socket socket = new Socket(url.getHost(), url.getPort())) {
          socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
          socket.shutdownOutput();
          socket.getInputStream().readAllBytes();
        }
      }
    }
    assertThat(server.errors()).isEmpty();
  }

  private static void assertPlain(String text) {
    assertThat(text.codePoints().filter(c -> c != '\n'))
        .noneMatch(c ->
            Character.isISOControl(c)
                || Character.getType(c) == Character.FORMAT
                || Character.getType(c) == Character.LINE_SEPARATOR
                || Character.getType(c) == Character.PARAGRAPH_SEPARATOR);
  }
}
