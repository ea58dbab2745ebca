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
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
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
                  "Permission: audit.append, admin.audit, admin.keys, admin.retention,"
                      + " admin.erasure or admin.forwarding; several with commas, or repeated")
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
          boolean lenient,
      @Option(
              names = "--only",
              paramLabel = "FIELD=VALUE",
              split = GivenOptions.COMMA,
              splitSynopsisLabel = ",",
              description =
                  "Let the key see only entries with this tenant or source, as if there were no"
                      + " others; several with commas, or repeated: any of one field, and all"
                      + " fields. The value is exact; a * is itself")
          @Nullable List<String> only,
      @Option(
              names = "--stamp",
              paramLabel = "FIELD=VALUE",
              split = GivenOptions.COMMA,
              splitSynopsisLabel = ",",
              description =
                  "Give every event of the key this tenant; one that has another is refused")
          @Nullable List<String> stamp,
      @Option(
              names = "--personal",
              paramLabel = "FIELD",
              split = GivenOptions.COMMA,
              splitSynopsisLabel = ",",
              description =
                  "Field that is personal in what the key sends, such as actor_username or"
                      + " details.email, so that it can be erased; several with commas, or repeated")
          @Nullable List<String> personal)
      throws Exception {
    Source.WantedKey wanted =
        new Source.WantedKey(
            name,
            permissions,
            lenient,
            only(only == null ? List.of() : only),
            stamp(stamp == null ? List.of() : stamp),
            personal == null ? List.of() : personal,
            expires == null ? null : expiry(expires));
    Answered<KeyInfo.NewKey> answer = common.ask(terminal, source -> source.createKey(wanted));
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
                  Rows.text(made.expiresAt()),
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
        new Rows(
                "ID",
                "NAME",
                "PERMISSIONS",
                "ONLY",
                "STAMP",
                "LENIENT",
                "PERSONAL",
                "CREATED",
                "EXPIRES",
                "LAST USED",
                "REVOKED")
            .keepWhole("ID")
            .mayLeaveOut("CREATED", "LAST USED", "LENIENT", "PERSONAL");
    for (KeyInfo key : answer.value().keys()) {
      rows.add(
          key.id(),
          key.name(),
          String.join(" ", key.permissions()),
          text(key.only()),
          text(key.stamp()),
          key.lenient() ? "yes" : "",
          String.join(" ", key.personal()),
          key.createdAt().toString(),
          Rows.text(key.expiresAt()),
          Rows.text(key.lastUsedAt()),
          Rows.text(key.revokedAt()));
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

  private static Map<String, List<String>> only(List<String> given) {
    Map<String, List<String>> only = new LinkedHashMap<>();
    for (String limit : given) {
      int equals = equals("--only", limit);
      only.computeIfAbsent(limit.substring(0, equals), any -> new ArrayList<>())
          .add(limit.substring(equals + 1));
    }
    return only;
  }

  private static Map<String, String> stamp(List<String> given) {
    Map<String, String> stamp = new LinkedHashMap<>();
    for (String one : given) {
      int equals = equals("--stamp", one);
      String field = one.substring(0, equals);
      if (stamp.put(field, one.substring(equals + 1)) != null) {
        throw new Failure(
            Failure.USAGE, "--stamp gives " + Printable.of(field) + " twice; give it once");
      }
    }
    return stamp;
  }

  private static int equals(String option, String given) {
    int equals = given.indexOf('=');
    if (equals < 1) {
      throw new Failure(
          Failure.USAGE,
          option
              + " must be FIELD=VALUE, like tenant=acme, but was \""
              + Printable.of(given)
              + "\"");
    }
    return equals;
  }

  /** Limits as they are written on the command line. */
  private static String text(@Nullable SortedMap<String, ?> limits) {
    List<String> all = new ArrayList<>();
    if (limits != null) {
      limits.forEach((field, value) -> {
        if (value instanceof Collection<?> values) {
          values.forEach(one -> all.add(field + "=" + one));
        } else {
          all.add(field + "=" + value);
        }
      });
    }
    return String.join(" ", all);
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
