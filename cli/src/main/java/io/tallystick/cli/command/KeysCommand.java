package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.access.KeyInfo;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally keys}: the API keys of a log. */
@Command(name = "keys", description = "Create, list and revoke API keys")
public final class KeysCommand {
  private final Terminal terminal;

  public KeysCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "create", description = "Create a key and print it, which happens only once")
  int create(
      @Mixin Common common,
      @Parameters(paramLabel = "NAME", description = "Name that no key had before") String name,
      @Option(
              names = "--permission",
              required = true,
              paramLabel = "P",
              split = GivenOptions.COMMA,
              splitSynopsisLabel = ",",
              description =
                  "Permission: audit.append, admin.audit, admin.keys or admin.retention;"
                      + " several with commas, or repeated")
          List<String> permissions,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              description =
                  "Time at which the key expires: 90d, 12h, or 2027-01-31T00:00:00Z"
                      + " (default: never)")
          @Nullable String expires,
      @Option(
              names = "--lenient",
              description =
                  "Truncate what the key sends and write it in part, instead of refusing it, unless a"
                      + " request says otherwise")
          boolean lenient)
      throws Exception {
    Answered<KeyInfo.NewKey> answer =
        common.ask(
            terminal,
            source ->
                source.createKey(
                    name, permissions, lenient, expires == null ? null : expiry(expires)));
    KeyInfo.NewKey made = answer.value();
    switch (common.format) {
      case table -> terminal.out().println(Printable.of(made.key()));
      case json -> terminal.printJson(answer.json());
      case csv ->
          new Rows("ID", "NAME", "PERMISSIONS", "EXPIRES", "KEY")
              .add(
                  made.id(),
                  made.name(),
                  String.join(" ", made.permissions()),
                  EntriesView.text(made.expiresAt()),
                  made.key())
              .show(terminal, common.format);
    }
    return 0;
  }

  @Command(name = "list", description = "List the keys, without their secrets")
  int list(@Mixin Common common) throws Exception {
    Answered<KeyInfo.KeyList> answer = common.ask(terminal, Source::listKeys);
    if (common.format == Format.json) {
      terminal.printJson(answer.json());
      return 0;
    }
    Rows rows =
        new Rows("ID", "NAME", "PERMISSIONS", "CREATED", "EXPIRES", "LAST USED", "REVOKED")
            .keepWhole("ID")
            .mayLeaveOut("CREATED", "LAST USED");
    for (KeyInfo key : answer.value().keys()) {
      rows.add(
          key.id(),
          key.name(),
          String.join(" ", key.permissions()),
          key.createdAt().toString(),
          EntriesView.text(key.expiresAt()),
          EntriesView.text(key.lastUsedAt()),
          EntriesView.text(key.revokedAt()));
    }
    rows.show(terminal, common.format);
    return 0;
  }

  @Command(name = "revoke", description = "Refuse a key from now on")
  int revoke(
      @Mixin Where where,
      @Parameters(paramLabel = "ID", description = "Id of the key, as \"tally keys list\" shows it")
          String id)
      throws Exception {
    try (Source source = where.source(terminal)) {
      source.revokeKey(id);
    }
    terminal.out().println("revoked " + Printable.of(id));
    return 0;
  }

  /** Parses {@code --expires}: a duration from now, or a time. */
  private static String expiry(String text) {
    if (text.matches("[1-9][0-9]{0,5}[dh]")) {
      long count = Long.parseLong(text.substring(0, text.length() - 1));
      Duration duration = text.endsWith("d") ? Duration.ofDays(count) : Duration.ofHours(count);
      return Instant.now().plus(duration).truncatedTo(ChronoUnit.SECONDS).toString();
    }
    try {
      return Instant.parse(text).toString();
    } catch (DateTimeException e) {
      throw new Failure(
          Failure.USAGE,
          "--expires must be days like 90d, hours like 12h, or a time like 2027-01-31T00:00:00Z, but"
              + " was \""
              + Printable.of(text)
              + "\"");
    }
  }
}
