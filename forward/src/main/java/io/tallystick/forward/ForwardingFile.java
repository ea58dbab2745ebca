package io.tallystick.forward;

import io.tallystick.entry.InvalidEventException;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.Formats;
import io.tallystick.forward.format.Redaction;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.yaml.InvalidYamlException;
import io.tallystick.service.yaml.StrictYaml;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The file that says where entries are forwarded, in YAML. Everything in it is checked when it is
 * read; nothing unknown is ignored. Immutable.
 *
 * <pre>
 * sinks:
 *   - name: siem                        # its place in status, metrics and entries
 *     type: webhook
 *     format: native
 *     filter: {event_type: [auth.*, user.*]}
 *     url: https://collector.example.com/tallystick
 *     secrets: [webhook.secret]         # a file beside this one, for its owner alone
 * </pre>
 *
 * @param sinks at least one, each with a name of its own
 */
public record ForwardingFile(List<SinkConfig> sinks) {
  /** Most sinks of a server: each has a thread. */
  static final int MAX_SINKS = 32;

  private static final int MAX_LENGTH = 256 << 10;
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");
  private static final Set<String> COMMON =
      new TreeSet<>(
          List.of(
              "name",
              "type",
              "format",
              "filter",
              "original",
              "redact",
              "batch",
              "max_record_bytes",
              "marker_entries",
              "marker_seconds",
              "disable_after_hours",
              "reconcile_every_hours"));

  public ForwardingFile {
    sinks = List.copyOf(sinks);
  }

  /**
   * Reads a file.
   *
   * @param origin name of the log
   * @throws SettingException saying what is wrong, where, and what is allowed
   */
  public static ForwardingFile read(Path file, String origin) throws IOException {
    try {
      String yaml = Files.readString(file);
      return parse(file.toString(), yaml, origin, file.toAbsolutePath().resolveSibling(""));
    } catch (NoSuchFileException e) {
      throw new SettingException(file + " does not exist");
    } catch (MalformedInputException e) {
      throw new SettingException(file + " is not UTF-8");
    }
  }

  /**
   * Reads the text of a file, whose paths are relative to this directory.
   *
   * @throws SettingException saying what is wrong, where, and what is allowed
   */
  public static ForwardingFile parse(String where, String yaml, String origin, Path base)
      throws IOException {
    if (yaml.length() > MAX_LENGTH) {
      throw new SettingException(
          "%s: the file may have %,d characters, not %,d"
              .formatted(where, MAX_LENGTH, yaml.length()));
    }
    Map<?, ?> root = object(where, load(where, yaml));
    allowOnly(where, root, Set.of("sinks"));
    if (!(root.get("sinks") instanceof List<?> list) || list.isEmpty() || list.size() > MAX_SINKS) {
      throw new SettingException(where + ": sinks must be a list of 1 to " + MAX_SINKS + " sinks");
    }
    List<SinkConfig> sinks = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Map<String, String> owners = new HashMap<>();
    for (int i = 0; i < list.size(); i++) {
      SinkConfig sink = sink(where + ": sinks[" + i + "]", list.get(i), origin, base);
      if (!names.add(sink.name())) {
        throw new SettingException(
            where + ": sinks[" + i + "]: another sink is called " + sink.name() + " already");
      }
      String owned = sink.type().exclusive(sink.settings());
      String other = owned == null ? null : owners.put(owned, sink.name());
      if (other != null) {
        throw new SettingException(
            "%s: sinks[%d] (%s): %s is that of the sink %s already; each needs its own"
                .formatted(where, i, sink.name(), owned, other));
      }
      sinks.add(sink);
    }
    return new ForwardingFile(sinks);
  }

  private static Object load(String where, String yaml) throws SettingException {
    try {
      Object root = StrictYaml.read(yaml);
      return root == null ? Map.of() : root;
    } catch (InvalidYamlException e) {
      throw new SettingException(where + ": " + e.getMessage());
    }
  }

  private static Map<?, ?> object(String where, @Nullable Object value) throws SettingException {
    if (value instanceof Map<?, ?> object) {
      return object;
    }
    throw new SettingException(where + ": expected keys and values here");
  }

  private static void allowOnly(String where, Map<?, ?> given, Set<String> allowed)
      throws SettingException {
    for (Object key : given.keySet()) {
      if (!allowed.contains(String.valueOf(key))) {
        throw new SettingException(
            where
                + ": "
                + Quoted.of(String.valueOf(key))
                + " is unknown; allowed here: "
                + String.join(", ", allowed));
      }
    }
  }

  private static SinkConfig sink(String where, @Nullable Object given, String origin, Path base)
      throws IOException {
    Map<?, ?> parts = object(where, given);
    String name = word(where, parts, "name");
    if (!NAME.matcher(name).matches()) {
      throw new SettingException(
          where + ": name must be 1 to 64 of a-z, 0-9 and -, but was " + Quoted.of(name));
    }
    String place = where + " (" + name + ")";
    SinkType type = type(place, word(place, parts, "type"));
    Format format = format(place, parts.containsKey("format") ? parts.get("format") : "native");
    Set<String> allowed = new TreeSet<>(COMMON);
    allowed.addAll(type.settings());
    allowOnly(place, parts, allowed);
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<?, ?> part : parts.entrySet()) {
      if (part.getValue() == null) {
        throw new SettingException(
            place + ": " + part.getKey() + " has no value; give it one or leave it out");
      }
      values.put(String.valueOf(part.getKey()), part.getValue());
    }
    SinkSettings settings = new SinkSettings(place, name, origin, format.name(), base, values);
    type.check(settings);
    boolean original = settings.flag("original", false);
    Redaction redaction = redaction(settings);
    if (original && !redaction.isEmpty()) {
      throw settings.wrong(
          "original", "can't be true with redact, since the original bytes have every value");
    }
    if (original && format.name().equals("cef")) {
      throw settings.wrong("original", "can't be true with format cef, which has no place for it");
    }
    if (settings.has("reconcile_every_hours") && !type.isQueryable()) {
      throw settings.wrong(
          "reconcile_every_hours",
          "needs a receiver that can be asked what it holds; one of type "
              + type.name()
              + " can only be compared by an export");
    }
    return new SinkConfig(
        type,
        format,
        filter(place, parts.get("filter")),
        settings,
        redaction,
        original,
        (int) settings.number("batch", type.batch(), 1, 10_000),
        (int) settings.number("max_record_bytes", type.maxRecordBytes(), 512, 16 << 20),
        (int) settings.number("marker_entries", 1_000, 1, 1_000_000),
        Duration.ofSeconds(settings.number("marker_seconds", 60, 1, 86_400)),
        Duration.ofHours(settings.number("disable_after_hours", 72, 1, 8_760)),
        settings.has("reconcile_every_hours")
            ? Duration.ofHours(settings.number("reconcile_every_hours", 24, 1, 8_760))
            : null);
  }

  private static Redaction redaction(SinkSettings settings) throws SettingException {
    List<String> names = settings.texts("redact");
    if (names.size() > Redaction.MAX_FIELDS) {
      throw settings.wrong(
          "redact", "must name at most " + Redaction.MAX_FIELDS + " fields, not " + names.size());
    }
    try {
      return Redaction.of(names);
    } catch (InvalidEventException e) {
      throw settings.wrong("redact", String.valueOf(e.getMessage()).replaceFirst("^personal ", ""));
    }
  }

  private static String word(String where, Map<?, ?> parts, String key) throws SettingException {
    if (parts.get(key) instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw new SettingException(where + ": " + key + " is missing, or is not a text");
  }

  private static SinkType type(String where, String name) throws SettingException {
    return SinkTypes.of(name)
        .orElseThrow(() ->
            new SettingException(
                where
                    + ": type must be one of "
                    + String.join(", ", SinkTypes.names())
                    + ", but was "
                    + Quoted.of(name)));
  }

  private static Format format(String where, @Nullable Object name) throws SettingException {
    return Formats.of(String.valueOf(name))
        .orElseThrow(() ->
            new SettingException(
                where
                    + ": format must be one of "
                    + String.join(", ", Formats.names())
                    + ", but was "
                    + Quoted.of(String.valueOf(name))));
  }

  private static EntryFilter filter(String where, @Nullable Object given) throws SettingException {
    Map<String, List<String>> values = new LinkedHashMap<>();
    if (given != null) {
      for (Map.Entry<?, ?> part : object(where + ", filter", given).entrySet()) {
        List<?> list =
            part.getValue() instanceof List<?> several ? several : List.of(text(part.getValue()));
        values.put(String.valueOf(part.getKey()), list.stream().map(ForwardingFile::text).toList());
      }
    }
    try {
      return EntryFilter.of(values);
    } catch (InvalidParameterException e) {
      throw new SettingException(where + ", filter: " + e.getMessage());
    }
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }
}
