package io.tallystick.ingest.config;

import io.tallystick.ingest.Intake;
import io.tallystick.ingest.audit.KubernetesReceiver;
import io.tallystick.ingest.audit.VaultReceiver;
import io.tallystick.ingest.cloudevents.CloudEventsReceiver;
import io.tallystick.ingest.hec.HecReceiver;
import io.tallystick.ingest.mapping.InvalidMappingException;
import io.tallystick.ingest.mapping.Mapping;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.ingest.otlp.OtlpReceiver;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.webhook.GitHubReceiver;
import io.tallystick.ingest.webhook.GitLabReceiver;
import io.tallystick.ingest.webhook.Secrets;
import io.tallystick.ingest.webhook.StandardWebhooksReceiver;
import io.tallystick.service.yaml.InvalidYamlException;
import io.tallystick.service.yaml.StrictYaml;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The file that says which receivers a server has. Nothing in it is ignored: what is not known is
 * an error.
 *
 * <pre>
 * receivers:
 *   - name: otel                 # /ingest/otel/v1/logs
 *     type: otlp
 *     customary_path: true       # /v1/logs too
 *   - name: hooks                # /ingest/hooks
 *     type: github
 *     key: github                # the access key in whose name events are appended
 *     secret_file: github.secret
 *   - name: network              # no path, but a port
 *     type: syslog
 *     key: syslog
 *     listen: 0.0.0.0:6514
 *     transport: tls
 * </pre>
 */
public final class IngestFile {
  /** Longest file, in characters. */
  private static final int MAX_LENGTH = 256 << 10;

  private static final int MAX_RECEIVERS = 100;
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");
  private static final String CUSTOMARY = "customary_path";
  private static final List<String> COMMON = List.of("name", "type", "mapping");
  private static final List<String> SIGNED = List.of("key", "secret_file");

  /** Makes a receiver of what the file says of it. */
  @FunctionalInterface
  private interface Make {
    Receiver of(Entry entry) throws InvalidIngestFileException;
  }

  /**
   * A kind of receiver.
   *
   * @param keys that it has besides {@link #COMMON}
   */
  private record Type(List<String> keys, Make make) {
    List<String> allKeys() {
      List<String> all = new ArrayList<>(COMMON);
      all.addAll(keys);
      return all;
    }
  }

  private static final Map<String, Type> TYPES = new LinkedHashMap<>();

  static {
    TYPES.put("otlp", new Type(List.of(CUSTOMARY), entry -> new OtlpReceiver()));
    TYPES.put(
        "hec",
        new Type(
            List.of(CUSTOMARY, "acknowledgement"),
            entry -> new HecReceiver(entry.flag("acknowledgement"))));
    TYPES.put("cloudevents", new Type(List.of(), entry -> new CloudEventsReceiver()));
    TYPES.put("kubernetes", new Type(List.of(), entry -> new KubernetesReceiver()));
    TYPES.put("vault", new Type(List.of(), entry -> new VaultReceiver()));
    TYPES.put("github", new Type(SIGNED, entry -> new GitHubReceiver(entry.secrets())));
    TYPES.put("gitlab", new Type(SIGNED, entry -> new GitLabReceiver(entry.secrets())));
    TYPES.put(
        "standard-webhooks",
        new Type(
            SIGNED, entry -> new StandardWebhooksReceiver(entry.secrets(), Clock.systemUTC())));
    TYPES.put("syslog", new Type(SyslogEntry.KEYS, SyslogEntry::receiver));
  }

  private final Path file;
  private final String where;
  private final Map<String, Mappings> mappings = new HashMap<>();

  private IngestFile(Path file) {
    this.file = file;
    this.where = Quoted.of(file.toString());
  }

  /**
   * The receivers that a file describes, in its order.
   *
   * @throws InvalidIngestFileException if it is not right in every detail
   */
  public static List<ReceiverSpec> read(Path file) throws InvalidIngestFileException {
    return new IngestFile(file).receivers();
  }

  /** One item of the list. */
  final class Entry {
    private final String place;
    private final Map<?, ?> values;

    Entry(int index, Object item) throws InvalidIngestFileException {
      this.place = where + ", receivers[" + index + "]";
      this.values = object(place, item, "a receiver has name, type and what its type needs");
    }

    InvalidIngestFileException wrong(String message) {
      return new InvalidIngestFileException(place + ": " + message);
    }

    @Nullable String optional(String key) throws InvalidIngestFileException {
      Object value = values.get(key);
      if (value == null && !values.containsKey(key)) {
        return null;
      }
      if (value instanceof String text && !text.isBlank()) {
        return text;
      }
      throw wrong(key + " must be a text, but was " + Quoted.of(String.valueOf(value)));
    }

    String text(String key) throws InvalidIngestFileException {
      String value = optional(key);
      if (value == null) {
        throw wrong(key + " is missing");
      }
      return value;
    }

    /** A list of texts; none if it is missing. */
    List<String> texts(String key) throws InvalidIngestFileException {
      Object value = values.containsKey(key) ? values.get(key) : List.of();
      List<String> texts = new ArrayList<>();
      if (value instanceof List<?> items) {
        for (Object item : items) {
          if (item instanceof String text && !text.isBlank()) {
            texts.add(text);
          }
        }
        if (texts.size() == items.size() && (!items.isEmpty() || !values.containsKey(key))) {
          return texts;
        }
      }
      throw wrong(
          key
              + " must be a list of texts, like [a, b], but was "
              + Quoted.of(String.valueOf(value)));
    }

    /** A file that is named relative to this one; {@code null} if it is missing. */
    @Nullable Path optionalFile(String key) throws InvalidIngestFileException {
      String name = optional(key);
      return name == null ? null : beside(name);
    }

    boolean flag(String key) throws InvalidIngestFileException {
      if (!values.containsKey(key)) {
        return false;
      }
      Object value = values.get(key);
      if (value instanceof Boolean flag) {
        return flag;
      }
      throw wrong(key + " must be true or false, but was " + Quoted.of(String.valueOf(value)));
    }

    /** A whole number; the default if it is missing. */
    int number(String key, int defaultValue, int least, int most)
        throws InvalidIngestFileException {
      Object value = values.containsKey(key) ? values.get(key) : defaultValue;
      if (value instanceof Integer number && number >= least && number <= most) {
        return number;
      }
      throw wrong(
          "%s must be a whole number from %d to %d, but was %s"
              .formatted(key, least, most, Quoted.of(String.valueOf(value))));
    }

    Secrets secrets() throws InvalidIngestFileException {
      try {
        return new Secrets(beside(text("secret_file")));
      } catch (IOException e) {
        throw wrong("secret_file: " + e.getMessage());
      }
    }

    private void checkKeys(String type, Type known) throws InvalidIngestFileException {
      for (Object key : values.keySet()) {
        if (!known.allKeys().contains(String.valueOf(key))) {
          throw wrong(
              "unknown key "
                  + Quoted.of(String.valueOf(key))
                  + "; a receiver of type "
                  + type
                  + " has "
                  + String.join(", ", known.allKeys()));
        }
      }
    }
  }

  /** A file that is named relative to this one. */
  private Path beside(String name) {
    Path folder = file.toAbsolutePath().getParent();
    return folder == null ? Path.of(name) : folder.resolve(name);
  }

  private static Map<?, ?> object(String place, @Nullable Object value, String expected)
      throws InvalidIngestFileException {
    if (value instanceof Map<?, ?> object) {
      return object;
    }
    throw new InvalidIngestFileException(place + ": expected keys and values here; " + expected);
  }

  private List<ReceiverSpec> receivers() throws InvalidIngestFileException {
    Map<?, ?> root = object(where, load(), "the file has the key receivers");
    for (Object key : root.keySet()) {
      if (!"receivers".equals(key)) {
        throw new InvalidIngestFileException(
            where + ": unknown key " + Quoted.of(String.valueOf(key)) + "; the file has receivers");
      }
    }
    if (!(root.get("receivers") instanceof List<?> items)
        || items.isEmpty()
        || items.size() > MAX_RECEIVERS) {
      throw new InvalidIngestFileException(
          where + ": receivers must be a list of 1 to " + MAX_RECEIVERS + " receivers");
    }
    List<ReceiverSpec> specs = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      ReceiverSpec spec = receiver(new Entry(i, items.get(i)));
      for (ReceiverSpec other : specs) {
        check(i, spec, other);
      }
      specs.add(spec);
    }
    return List.copyOf(specs);
  }

  private void check(int index, ReceiverSpec spec, ReceiverSpec other)
      throws InvalidIngestFileException {
    String place = where + ", receivers[" + index + "]: ";
    if (spec.name().equals(other.name())) {
      throw new InvalidIngestFileException(
          place + "another receiver has the name " + spec.name() + "; each needs its own");
    }
    boolean same = spec.receiver().getClass().equals(other.receiver().getClass());
    if (same && spec.customaryPath() && other.customaryPath()) {
      throw new InvalidIngestFileException(
          place
              + "only one receiver of a type can have customary_path, and "
              + other.name()
              + " has it");
    }
  }

  private ReceiverSpec receiver(Entry entry) throws InvalidIngestFileException {
    String name = entry.text("name");
    if (!NAME.matcher(name).matches()) {
      throw entry.wrong(
          "name must be 1 to 32 of a-z, 0-9 and -, which it does not begin with, but was "
              + Quoted.of(name));
    }
    String type = entry.text("type");
    Type known = TYPES.get(type);
    if (known == null) {
      throw entry.wrong(
          "unknown type " + Quoted.of(type) + "; types: " + String.join(", ", TYPES.keySet()));
    }
    entry.checkKeys(type, known);
    Receiver receiver = known.make().of(entry);
    String key = receiver.isSigned() ? entry.text("key") : null;
    Intake intake = new Intake(name, mappings(entry));
    return new ReceiverSpec(name, receiver, intake, key, entry.flag(CUSTOMARY));
  }

  private Mappings mappings(Entry entry) throws InvalidIngestFileException {
    String given = entry.optional("mapping");
    String choice = given == null ? Mappings.AUTO : given;
    Mappings known = mappings.get(choice);
    if (known != null) {
      return known;
    }
    try {
      Mappings chosen =
          choice.endsWith(".yaml") || choice.endsWith(".yml")
              ? new Mappings(List.of(Mapping.parse(Quoted.of(choice), readMapping(entry, choice))))
              : Mappings.named(choice);
      mappings.put(choice, chosen);
      return chosen;
    } catch (InvalidMappingException e) {
      throw entry.wrong("mapping: " + e.getMessage());
    }
  }

  private String readMapping(Entry entry, String name) throws InvalidIngestFileException {
    try {
      return Files.readString(beside(name));
    } catch (IOException e) {
      throw entry.wrong("mapping: the file " + Quoted.of(name) + " " + reason(e));
    }
  }

  private @Nullable Object load() throws InvalidIngestFileException {
    String yaml;
    try {
      yaml = Files.readString(file);
    } catch (IOException e) {
      throw new InvalidIngestFileException(where + ": the file " + reason(e));
    }
    if (yaml.length() > MAX_LENGTH) {
      throw new InvalidIngestFileException(
          "%s: the file may have %,d characters, not %,d"
              .formatted(where, MAX_LENGTH, yaml.length()));
    }
    try {
      return StrictYaml.read(yaml);
    } catch (InvalidYamlException e) {
      throw new InvalidIngestFileException(where + ": " + e.getMessage());
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "does not exist";
      case CharacterCodingException _ -> "can't be read as UTF-8";
      default -> "can't be read";
    };
  }
}
