package io.tallystick.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
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
          @Nullable String expires)
      throws Exception {
    try (Source source = common.where.source(terminal)) {
      byte[] answer = source.createKey(name, permissions, expires == null ? null : expiry(expires));
      JsonNode made = Common.tree(answer);
      switch (common.format) {
        case table -> terminal.out().println(Printable.of(made.path("key").asText()));
        case json -> terminal.printJson(answer);
        case csv ->
            new Rows("ID", "NAME", "PERMISSIONS", "EXPIRES", "KEY")
                .add(
                    EntriesView.text(made, "id"),
                    EntriesView.text(made, "name"),
                    permissions(made),
                    EntriesView.text(made, "expires_at"),
                    EntriesView.text(made, "key"))
                .show(terminal, common.format);
      }
    }
    return 0;
  }

  @Command(name = "list", description = "List the keys, without their secrets")
  int list(@Mixin Common common) throws Exception {
    byte[] answer;
    try (Source source = common.where.source(terminal)) {
      answer = source.listKeys();
    }
    if (common.format == Format.json) {
      terminal.printJson(answer);
      return 0;
    }
    Rows rows =
        new Rows("ID", "NAME", "PERMISSIONS", "CREATED", "EXPIRES", "LAST USED", "REVOKED")
            .keepWhole("ID")
            .mayLeaveOut("CREATED", "LAST USED");
    for (JsonNode key : Common.tree(answer).path("keys")) {
      rows.add(
          EntriesView.text(key, "id"),
          EntriesView.text(key, "name"),
          permissions(key),
          EntriesView.text(key, "created_at"),
          EntriesView.text(key, "expires_at"),
          EntriesView.text(key, "last_used_at"),
          EntriesView.text(key, "revoked_at"));
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

  private static String permissions(JsonNode key) {
    StringBuilder all = new StringBuilder();
    key.path("permissions").forEach(p -> all.append(all.isEmpty() ? "" : " ").append(p.asText()));
    return all.toString();
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
    } catch (java.time.DateTimeException e) {
      throw new Failure(
          Failure.USAGE,
          "--expires must be days like 90d, hours like 12h, or a time like 2027-01-31T00:00:00Z, but"
              + " was \""
              + Printable.of(text)
              + "\"");
    }
  }
}
