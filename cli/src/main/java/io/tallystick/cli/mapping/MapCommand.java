package io.tallystick.cli.mapping;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.cli.input.EventInputs;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.ingest.backfill.Translation;
import io.tallystick.ingest.mapping.Mapped;
import io.tallystick.ingest.mapping.Mappings;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally map}: what becomes of the events of other systems. */
@Command(name = "map", description = "Show what becomes of the events of other systems")
public final class MapCommand {
  private final Terminal terminal;

  public MapCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the mappings that come with Tallystick")
  int list() {
    Rows rows = new Rows("NAME", "EVENTS OF").keepWhole("NAME");
    Mappings.shipped().titles().forEach(rows::add);
    rows.show(terminal, Format.table);
    return 0;
  }

  @Command(
      name = "try",
      description = {
        "Show what events of files would become, and append nothing.",
        "Exits with 1 if one of them would be kept raw"
      })
  int tryOut(
      @Option(
              names = "--map",
              paramLabel = "MAPPING",
              defaultValue = Mappings.AUTO,
              description =
                  "Mapping to use: auto, a name of \"tally map list\", or a file ending in .yaml (default:"
                      + " ${DEFAULT-VALUE})")
          String choice,
      @Option(names = "--json", description = "Print the events as they would be sent, one a line")
          boolean json,
      @Parameters(
              arity = "0..*",
              paramLabel = "FILE",
              description = "Files of events; - is standard input (default: -)")
          List<String> files)
      throws Exception {
    List<String> names = files == null || files.isEmpty() ? List.of("-") : files;
    Translation translation = new Translation(MappingChoice.of(choice));
    int[] raw = {0};
    new EventInputs(names, 0, true)
        .forEach((original, place) -> {
          Mapped mapped = translation.translate(original);
          raw[0] += mapped.isRaw() ? 1 : 0;
          if (json) {
            terminal.out().println(Printable.of(new String(mapped.json(), UTF_8)));
          } else {
            terminal.out().println(Printable.of(place + ": " + heading(mapped)));
            fields(mapped);
          }
        });
    return raw[0] == 0 ? 0 : Failure.NOT_VALID;
  }

  private static String heading(Mapped mapped) {
    if (!mapped.isRaw()) {
      return String.valueOf(mapped.mapping());
    }
    String by = mapped.mapping() == null ? "" : mapped.mapping() + ", ";
    return by + "kept raw, because " + mapped.failure();
  }

  /** What the entry would have, which is not always all that is sent. */
  private void fields(Mapped mapped) {
    Event stored = mapped.stored();
    for (EntryField field : EntryField.values()) {
      String value =
          switch (field) {
            case ALTERED -> names(stored.altered());
            case DETAILS -> paths(mapped.event().get("details"));
            default -> stored.text(field);
          };
      if (value != null) {
        terminal.out().println("  %-15s %s".formatted(field, Printable.of(value)));
      }
    }
  }

  private static @Nullable String names(List<EntryField> fields) {
    return fields.isEmpty()
        ? null
        : fields.stream().map(EntryField::toString).collect(Collectors.joining(", "));
  }

  private static @Nullable String paths(@Nullable JsonNode details) {
    return details == null ? null : String.join(", ", paths("", details));
  }

  /** Paths to all values, those of arrays as the array's. */
  private static List<String> paths(String prefix, JsonNode node) {
    TreeSet<String> paths = new TreeSet<>();
    node.properties()
        .forEach(field -> {
          String path = prefix + field.getKey();
          if (field.getValue().isObject() && !field.getValue().isEmpty()) {
            paths.addAll(paths(path + ".", field.getValue()));
          } else {
            paths.add(path);
          }
        });
    return new ArrayList<>(paths);
  }
}
