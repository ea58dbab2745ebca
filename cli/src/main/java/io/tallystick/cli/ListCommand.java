package io.tallystick.cli;

import io.tallystick.http.Answers;
import io.tallystick.http.Parameters;
import io.tallystick.store.Archive;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally list}: entries that match, newest first. */
@Command(name = "list", description = "List entries, newest first, with filters.")
final class ListCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final String path;
  @Mixin private final Common common = new Common();
  @Mixin private final Filters filters = new Filters();
  @Mixin private final PageOptions page = new PageOptions();

  @Option(
      names = "--archive",
      paramLabel = "FILE",
      description = "List a file that retention made instead of a log; --limit and --offset count.")
  private @Nullable Path archive;

  private ListCommand(Terminal terminal, String path) {
    this.terminal = terminal;
    this.path = path;
  }

  static ListCommand all(Terminal terminal) {
    return new ListCommand(terminal, "/api/audit");
  }

  /** {@code tally security}: the same of security events. */
  static ListCommand security(Terminal terminal) {
    return new ListCommand(terminal, "/api/audit/security");
  }

  @Override
  public Integer call() throws Exception {
    Map<String, List<String>> given = filters.parameters();
    page.addTo(given);
    if (archive != null) {
      try (Archive opened = Archive.open(archive)) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        Answers.archived(opened, Parameters.of(given)).writeTo(answer);
        EntriesView.showPage(terminal, common.format, answer.toByteArray());
      }
      return 0;
    }
    EntriesView.showPage(terminal, common.format, common.ask(terminal, path, given));
    return 0;
  }
}
