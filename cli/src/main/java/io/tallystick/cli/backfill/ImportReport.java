package io.tallystick.cli.backfill;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Terminal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What became of the records of an import. Used by one thread. */
final class ImportReport {
  private static final int MAX_EXAMPLES = 5;

  /** What can become of a record; several may be true of one. */
  enum Kind {
    MAPPED("mapped"),
    ALTERED("altered: a field was cut or cleaned"),
    RAW("kept raw, as ingest.unmapped"),
    APPENDED("appended"),
    ALREADY_THERE("already in the log"),
    RENAMED("appended under another event_id, because its own stands for something else"),
    REJECTED("not appended"),
    PASSED_OVER("passed over, because it is no audit event");

    final String title;

    Kind(String title) {
      this.title = title;
    }

    /** Its name in JSON. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final boolean dryRun;
  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
  private final Map<Kind, List<String>> examples = new EnumMap<>(Kind.class);
  private final List<String> notes = new ArrayList<>();
  private final List<String> unreadable = new ArrayList<>();
  private int files;
  private long doneBefore;
  private long lastId;
  private boolean fault;

  ImportReport(boolean dryRun) {
    this.dryRun = dryRun;
  }

  void count(Kind kind, long more) {
    counts.merge(kind, more, Long::sum);
  }

  void count(Kind kind, String place, String example) {
    count(kind, 1);
    List<String> kept = examples.computeIfAbsent(kind, each -> new ArrayList<>());
    if (kept.size() < MAX_EXAMPLES) {
      kept.add(place + ": " + example);
    }
  }

  void file() {
    files++;
  }

  void lastId(long id) {
    lastId = Math.max(lastId, id);
  }

  /** A sentence about a file. */
  void note(String sentence, boolean isFault) {
    notes.add(sentence);
    fault |= isFault;
  }

  /** A file that can't be read, or not to its end. */
  void unreadable(String sentence) {
    unreadable.add(sentence);
  }

  long of(Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** Of the command: a file that is not whole is wrong input, as are records that are refused. */
  int exitCode() {
    if (!unreadable.isEmpty() || of(Kind.REJECTED) > 0) {
      return Failure.USAGE;
    }
    return fault ? Failure.NOT_VALID : 0;
  }

  /** One line. */
  String summary() {
    if (dryRun) {
      return "nothing was appended (--dry-run)";
    }
    long appended = of(Kind.APPENDED);
    return appended == 0
        ? "nothing was appended"
        : "%,d %s appended, the last one is %,d"
            .formatted(appended, appended == 1 ? "entry" : "entries", lastId);
  }

  void print(Terminal terminal) {
    long records = of(Kind.MAPPED) + of(Kind.RAW) + doneBefore;
    terminal
        .out()
        .println(
            "%,d %s in %,d %s"
                .formatted(
                    records,
                    records == 1 ? "record" : "records",
                    files,
                    files == 1 ? "file" : "files"));
    for (Kind kind : Kind.values()) {
      if (of(kind) > 0) {
        terminal.out().println("%,12d %s".formatted(of(kind), kind.title));
        examples
            .getOrDefault(kind, List.of())
            .forEach(example -> terminal.out().println("             " + Printable.of(example)));
      }
    }
    notes.forEach(note -> terminal.out().println(Printable.of(note)));
    terminal.out().println(summary());
    printUnreadable(terminal);
  }

  /** Records that an earlier run appended, says the state file. */
  void doneBefore(long more) {
    doneBefore += more;
    count(Kind.ALREADY_THERE, more);
  }

  void printUnreadable(Terminal terminal) {
    unreadable.forEach(sentence -> terminal.err().println("tally: " + Printable.of(sentence)));
  }

  byte[] json() throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode().put("dry_run", dryRun).put("files", files);
    for (Kind kind : Kind.values()) {
      root.put(kind.toString(), of(kind));
    }
    root.put("last_id", lastId);
    ObjectNode shown = root.putObject("examples");
    examples.forEach((kind, each) -> each.forEach(shown.withArray(kind.toString())::add));
    notes.forEach(root.putArray("notes")::add);
    unreadable.forEach(root.putArray("unreadable")::add);
    return json.writeValueAsBytes(root);
  }
}
