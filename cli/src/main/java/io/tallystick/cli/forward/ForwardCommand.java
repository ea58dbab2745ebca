package io.tallystick.cli.forward;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.source.ServerConnection;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.forward.DeadLetter;
import io.tallystick.forward.LastReconciliation;
import io.tallystick.forward.ReconciliationReport;
import io.tallystick.forward.SinkStatus;
import io.tallystick.service.answer.AnswerJson;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally forward}: the sinks that a server forwards entries to. */
@Command(
    name = "forward",
    description = "Look after the sinks that a server forwards entries to, and reconcile them")
public final class ForwardCommand {
  private static final String PATH = "/api/audit/forwarding";
  private static final Duration LONG = Duration.ofHours(3);

  private final Terminal terminal;

  public ForwardCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the sinks, with their lag")
  int list(@Mixin Common common) throws Exception {
    try (ServerConnection server = common.where.server(terminal)) {
      byte[] json = server.read(PATH);
      if (common.format == Format.json) {
        terminal.printJson(json);
      } else {
        rows(AnswerJson.read(json, SinkStatus.SinkList.class).sinks())
            .show(terminal, common.format);
      }
    }
    return 0;
  }

  @Command(name = "status", description = "Show one sink")
  int status(
      @Mixin Common common,
      @Parameters(paramLabel = "SINK", description = "Name of the sink") String sink)
      throws Exception {
    try (ServerConnection server = common.where.server(terminal)) {
      show(common, server.read(path(sink)));
    }
    return 0;
  }

  @Command(name = "pause", description = "Stop a sink until it is resumed, also across restarts")
  int pause(
      @Mixin Common common,
      @Parameters(paramLabel = "SINK", description = "Name of the sink") String sink)
      throws Exception {
    return act(common, sink, "/pause");
  }

  @Command(
      name = "resume",
      description = "Let a sink go on that was paused, disabled after failing, or stopped")
  int resume(
      @Mixin Common common,
      @Parameters(paramLabel = "SINK", description = "Name of the sink") String sink)
      throws Exception {
    return act(common, sink, "/resume");
  }

  private int act(Common common, String sink, String action) throws Exception {
    try (ServerConnection server = common.where.server(terminal)) {
      show(common, post(server, path(sink) + action));
    }
    return 0;
  }

  private void show(Common common, byte[] json) throws Exception {
    if (common.format == Format.json) {
      terminal.printJson(json);
    } else {
      rows(List.of(AnswerJson.read(json, SinkStatus.class))).show(terminal, common.format);
    }
  }

  private static Rows rows(List<SinkStatus> sinks) {
    Rows rows =
        new Rows(
                "SINK",
                "TYPE",
                "FORMAT",
                "CONDITION",
                "LEVEL",
                "SEQ",
                "LAG",
                "LAG SECONDS",
                "ERRORS",
                "DEAD LETTERS",
                "RECONCILED",
                "REASON")
            .keepWhole("SINK", "CONDITION", "SEQ", "LAG")
            .mayLeaveOut("FORMAT", "TYPE", "LAG SECONDS");
    for (SinkStatus sink : sinks) {
      rows.add(
          sink.name(),
          sink.type(),
          sink.format(),
          sink.condition(),
          text(sink.level()),
          Long.toString(sink.seq()),
          Long.toString(sink.lagEntries()),
          Long.toString(sink.lagSeconds()),
          Long.toString(sink.errors()),
          Integer.toString(sink.deadLetters()),
          text(sink.reconciliation()),
          text(sink.reason()));
    }
    return rows;
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  private static String text(@Nullable LastReconciliation last) {
    return last == null ? "never" : (last.complete() ? "complete " : "NOT COMPLETE ") + last.at();
  }

  @Command(
      name = "reconcile",
      description = {
        "Compare what a sink's receiver holds with the log: ask the receiver, or read an export"
            + " of it.",
        "Exits with 1 if something is missing, duplicated, altered or unknown"
      })
  int reconcile(
      @Mixin Common common,
      @Parameters(paramLabel = "SINK", description = "Name of the sink") String sink,
      @Option(
              names = "--export",
              paramLabel = "FILE",
              description =
                  "Export of the receiver: JSON objects one a line, or CSV with a line of names if it"
                      + " ends in .csv (default: ask the receiver)")
          @Nullable Path export,
      @Option(
              names = "--map",
              paramLabel = "PLACES",
              defaultValue = "id=id,seq=seq,hash=hash",
              description =
                  "Fields or columns of the export: id=A,seq=B,hash=C,body=D, where body=. is the"
                      + " whole line (default: ${DEFAULT-VALUE})")
          String map,
      @Option(
              names = "--through-seq",
              paramLabel = "N",
              description =
                  "Compare an export at least through this seq (default: the highest that it has)")
          @Nullable Long throughSeq,
      @Option(names = "--resend", description = "Send what is missing again, with its old seq")
          boolean resend,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "10",
              description =
                  "Most records of a kind in the table, 0 to 1000 (default: ${DEFAULT-VALUE})")
          int limit)
      throws Exception {
    if (limit < 0 || limit > ReconciliationReport.MAX_NAMED) {
      throw new Failure(
          Failure.USAGE,
          "--limit must be between 0 and %,d, but was %d"
              .formatted(ReconciliationReport.MAX_NAMED, limit));
    }
    byte[] json;
    try (ServerConnection server = common.where.server(terminal)) {
      String path = path(sink) + "/reconciliation?resend=" + resend;
      if (throughSeq != null) {
        path += "&through_seq=" + throughSeq;
      }
      HttpRequest.Builder request;
      if (export == null) {
        request = server.request(path).POST(HttpRequest.BodyPublishers.noBody());
      } else {
        boolean csv = export.toString().toLowerCase(Locale.ROOT).endsWith(".csv");
        request =
            server
                .request(path + "&map=" + encoded(map))
                .header("Content-Type", csv ? "text/csv" : "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofFile(export));
      }
      try (InputStream answer = server.send(request.timeout(LONG).build())) {
        json = answer.readAllBytes();
      }
    }
    ReconciliationReport report = AnswerJson.read(json, ReconciliationReport.class);
    switch (common.format) {
      case json -> terminal.printJson(json);
      case csv -> kinds(report, ReconciliationReport.MAX_NAMED).show(terminal, common.format);
      case table -> print(report, limit);
    }
    return report.complete() ? 0 : Failure.NOT_VALID;
  }

  private void print(ReconciliationReport report, int limit) {
    terminal
        .out()
        .printf(
            "%s: %,d entries through seq %d, %,d records held%n",
            report.complete() ? "complete" : "NOT COMPLETE",
            report.expected(),
            report.throughSeq(),
            report.held());
    terminal
        .out()
        .printf(
            "missing %,d, duplicated %,d, altered %,d, unknown %,d%s%n",
            report.missing(),
            report.duplicated(),
            report.altered(),
            report.unknown(),
            report.tampered() == 0 ? "" : ", tampered %,d".formatted(report.tampered()));
    if (report.forwardedSeq() > report.throughSeq()) {
      terminal
          .out()
          .printf(
              "not compared: seq %d to %d, which the export does not reach; take a later one, or say --through-seq%n",
              report.throughSeq() + 1, report.forwardedSeq());
    }
    if (report.uncompared() > 0) {
      terminal
          .out()
          .printf("of %,d only id, seq and hash could be compared%n", report.uncompared());
    }
    if (report.removed() > 0) {
      terminal
          .out()
          .printf("%,d are of entries that the log does not hold any more%n", report.removed());
    }
    if (report.note() != null) {
      terminal.out().println(report.note());
    }
    if (report.resent() != null) {
      terminal.out().printf("sent again: %,d%n", report.resent());
    }
    if (report.complete()) {
      return;
    }
    if (limit > 0) {
      kinds(report, limit).show(terminal, Format.table);
    }
    String more =
        Stream.of(
                more("missing", report.missing(), limit),
                more("duplicated", report.duplicated(), limit),
                more("altered", report.altered(), limit),
                more("unknown", report.unknown(), limit),
                more("tampered", report.tampered(), limit))
            .filter(each -> !each.isEmpty())
            .collect(Collectors.joining(", "));
    if (!more.isEmpty()) {
      terminal
          .out()
          .printf(
              "not shown: %s; --limit %d shows up to so many of each%n",
              more, ReconciliationReport.MAX_NAMED);
    }
  }

  private static String more(String kind, long count, int limit) {
    return count > limit ? "%,d %s".formatted(count - limit, kind) : "";
  }

  private static Rows kinds(ReconciliationReport report, int limit) {
    Rows rows = new Rows("WHAT", "ID", "SEQ", "DIFFERS").keepWhole("ID", "SEQ");
    add(rows, "altered", report.alteredRecords(), limit);
    add(rows, "duplicated", report.duplicatedRecords(), limit);
    add(rows, "missing", report.missingRecords(), limit);
    report.tamperedObjects().stream()
        .limit(limit)
        .forEach(each -> rows.add("tampered", "", "", each.name() + ": " + each.what()));
    add(rows, "unknown", report.unknownRecords(), limit);
    return rows;
  }

  private static void add(
      Rows rows, String kind, List<ReconciliationReport.Named> records, int limit) {
    for (ReconciliationReport.Named each : records.stream().limit(limit).toList()) {
      rows.add(kind, Long.toString(each.id()), Long.toString(each.seq()), text(each.what()));
    }
  }

  @Command(
      name = "dead-letters",
      description = "List entries that a receiver refused for good, at most 500")
  int deadLetters(
      @Mixin Common common,
      @Parameters(paramLabel = "SINK", description = "Name of the sink") String sink)
      throws Exception {
    try (ServerConnection server = common.where.server(terminal)) {
      byte[] json = server.read(path(sink) + "/dead-letters?limit=500");
      if (common.format == Format.json) {
        terminal.printJson(json);
        return 0;
      }
      Rows rows =
          new Rows("SEQ", "ID", "TYPE", "REFUSED", "REASON").keepWhole("SEQ", "ID", "REFUSED");
      for (DeadLetter letter : AnswerJson.read(json, DeadLetter.Page.class).deadLetters()) {
        rows.add(
            Long.toString(letter.seq()),
            Long.toString(letter.id()),
            letter.eventType(),
            letter.refusedAt(),
            letter.reason());
      }
      rows.show(terminal, common.format);
    }
    return 0;
  }

  @Command(name = "drain", description = "Send the dead letters of a sink again")
  int drain(
      @Mixin Common common,
      @Parameters(paramLabel = "SINK", description = "Name of the sink") String sink)
      throws Exception {
    try (ServerConnection server = common.where.server(terminal)) {
      byte[] json = post(server, path(sink) + "/drain");
      DeadLetter.Drained drained = AnswerJson.read(json, DeadLetter.Drained.class);
      switch (common.format) {
        case json -> terminal.printJson(json);
        case csv ->
            new Rows("DRAINED", "LEFT")
                .add(Long.toString(drained.drained()), Long.toString(drained.left()))
                .show(terminal, common.format);
        case table ->
            terminal.out().printf("%,d sent, %,d left%n", drained.drained(), drained.left());
      }
    }
    return 0;
  }

  @Command(
      name = "add",
      description = {
        "Add a sink to the YAML file that \"tally serve --forward\" reads, or create that file.",
        "The whole file is checked, and only changed if all of it is right; restart the server"
            + " afterwards"
      })
  int add(
      @Parameters(index = "0", paramLabel = "FILE", description = "YAML file, created if missing")
          Path file,
      @Parameters(index = "1", paramLabel = "NAME", description = "Name of the sink") String name,
      @Parameters(
              index = "2",
              paramLabel = "TYPE",
              description = "Kind of the sink, such as file or webhook")
          String type,
      @Parameters(
              index = "3..*",
              paramLabel = "SETTING=VALUE",
              arity = "0..*",
              description =
                  "Settings, such as path=/var/log/audit.ndjson or \"filter={event_type: auth.*}\"")
          @Nullable List<String> settings)
      throws Exception {
    ForwardingFileEdit.add(file, name, type, settings == null ? List.of() : settings);
    terminal.out().println("added " + name + " to " + Printable.of(file.toString()));
    return 0;
  }

  private byte[] post(ServerConnection server, String path) throws Exception {
    HttpRequest request =
        server.request(path).POST(HttpRequest.BodyPublishers.noBody()).timeout(LONG).build();
    try (InputStream answer = server.send(request)) {
      return answer.readAllBytes();
    }
  }

  private static String path(String sink) {
    return PATH + "/" + encoded(sink);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
