package io.tallystick.cli.reading;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Given;
import io.tallystick.cli.options.PeriodOptions;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.answer.SourceList;
import io.tallystick.service.answer.Timestamps;
import io.tallystick.service.query.QueryParser;
import io.tallystick.service.query.SourceQuery;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally sources}: who sent entries, and what never arrived. */
@Command(
    name = "sources",
    description = "List who sent entries, when last, and which numbers of their counts are missing")
public final class SourcesCommand implements Callable<Integer> {
  private static final int SHOWN_GAPS = 5;

  private final Terminal terminal;
  @Mixin private final Common common = new Common();
  @Mixin private final PeriodOptions period = new PeriodOptions();

  @Option(names = "--source", paramLabel = "NAME", description = "Only this source")
  private @Nullable String source;

  public SourcesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    SourceQuery query =
        QueryParser.sources(period.addTo(new Given()).one("source", source).parameters());
    Answered<SourceList> answer = common.ask(terminal, from -> from.sources(query));
    if (common.format == Format.json) {
      terminal.printJson(answer.json());
      return 0;
    }
    Rows rows =
        new Rows("SOURCE", "STREAM", "ENTRIES", "LAST SEEN", "SEQ", "MISSING", "REPEATED", "GAPS");
    for (SourceList.Stream stream : answer.value().streams()) {
      Long first = stream.firstSeq();
      rows.add(
          stream.source() == null ? "-" : stream.source(),
          stream.stream(),
          Long.toString(stream.entries()),
          Timestamps.text(stream.lastSeen()),
          first == null ? "-" : first + "-" + stream.lastSeq(),
          Long.toString(stream.missing()),
          Long.toString(stream.repeated()),
          gaps(stream.gaps()));
    }
    rows.show(terminal, common.format);
    long others = answer.value().others();
    if (others > 0 && common.format == Format.table) {
      terminal.out().println(terminal.dim(others + " entries are of streams that are not listed"));
    }
    return 0;
  }

  private static String gaps(List<SourceList.Gap> gaps) {
    String shown =
        gaps.stream()
            .limit(SHOWN_GAPS)
            .map(gap ->
                gap.firstSeq() == gap.lastSeq()
                    ? Long.toString(gap.firstSeq())
                    : gap.firstSeq() + "-" + gap.lastSeq())
            .collect(Collectors.joining(", "));
    return gaps.size() > SHOWN_GAPS ? shown + ", …" : shown;
  }
}
