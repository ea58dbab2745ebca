package io.tallystick.forward.sink;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.store.files.NotPrivateException;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one sink, as its file says them. Every getter says what is wrong with the value,
 * where it stands, and what is allowed. Paths are relative to the file. Immutable.
 */
public final class SinkSettings {
  private static final int MAX_SECRET_BYTES = 64 << 10;

  private final String place;
  private final String sink;
  private final String origin;
  private final String format;
  private final Path base;
  private final @Nullable Path folder;
  private final Map<String, Object> values;

  /**
   * Settings.
   *
   * @param place where they stand, for messages
   * @param sink the sink's name: 1 to 64 of a-z, 0-9 and -
   * @param origin name of the log
   * @param format name of the format of its records
   * @param base the directory that paths are relative to
   * @param values texts, numbers, true and false, lists and maps of these
   */
  public SinkSettings(
      String place, String sink, String origin, String format, Path base, Map<String, ?> values) {
    this(place, sink, origin, format, base, null, values);
  }

  private SinkSettings(
      String place,
      String sink,
      String origin,
      String format,
      Path base,
      @Nullable Path folder,
      Map<String, ?> values) {
    this.place = place;
    this.sink = sink;
    this.origin = origin;
    this.format = format;
    this.base = base;
    this.folder = folder;
    this.values = new LinkedHashMap<>(values);
  }

  /** The same for a sink that may keep files of its own in this folder of the data directory. */
  public SinkSettings in(Path place) {
    return new SinkSettings(this.place, sink, origin, format, base, place, values);
  }

  /**
   * Where the sink may keep files of its own. They outlive the server; backups leave them out.
   *
   * @throws IllegalStateException if these are only being checked
   */
  public Path folder() {
    if (folder == null) {
      throw new IllegalStateException("the sink has no folder yet");
    }
    return folder;
  }

  /** The sink's name. */
  public String sink() {
    return sink;
  }

  /** The log's name. */
  public String origin() {
    return origin;
  }

  /** Name of the format of the records. */
  public String format() {
    return format;
  }

  /** Whether there is a value. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** A text that must be there and not be empty. */
  public String text(String name) throws SettingException {
    String text = textOrNull(name);
    if (text == null) {
      throw wrong(name, "is missing");
    }
    return text;
  }

  /** A text. */
  public String text(String name, String otherwise) throws SettingException {
    String text = textOrNull(name);
    return text == null ? otherwise : text;
  }

  /** A text, {@code null} if it is absent; never empty. */
  public @Nullable String textOrNull(String name) throws SettingException {
    Object value = values.get(name);
    return value == null ? null : scalar(name, value);
  }

  /** One of these words. */
  public String word(String name, List<String> allowed, String otherwise) throws SettingException {
    String word = text(name, otherwise);
    if (!allowed.contains(word)) {
      throw wrong(name, "must be " + String.join(" or ", allowed) + ", but was " + Quoted.of(word));
    }
    return word;
  }

  /** One text or a list of them; empty if it is absent. */
  public List<String> texts(String name) throws SettingException {
    Object value = values.get(name);
    List<String> texts = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object each : list) {
        texts.add(scalar(name, each));
      }
    } else if (value != null) {
      texts.add(scalar(name, value));
    }
    return texts;
  }

  /** A map of texts in the order of the file; empty if it is absent. */
  public Map<String, String> map(String name) throws SettingException {
    Object value = values.get(name);
    Map<String, String> map = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> given) {
      for (Map.Entry<?, ?> each : given.entrySet()) {
        String key = String.valueOf(each.getKey());
        map.put(key, scalar(name + "." + key, each.getValue()));
      }
    } else if (value != null) {
      throw wrong(name, "must be a map, but was " + Quoted.of(value.toString()));
    }
    return map;
  }

  /** A whole number between two bounds. */
  public long number(String name, long otherwise, long min, long max) throws SettingException {
    Object value = values.get(name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number number
        && !(number instanceof Double)
        && number.toString().length() < 19
        && number.longValue() >= min
        && number.longValue() <= max) {
      return number.longValue();
    }
    throw wrong(
        name,
        "must be a whole number between "
            + min
            + " and "
            + max
            + ", but was "
            + Quoted.of(value.toString()));
  }

  /** {@code true} or {@code false}. */
  public boolean flag(String name, boolean otherwise) throws SettingException {
    Object value = values.get(name);
    if (value != null && !(value instanceof Boolean)) {
      throw wrong(name, "must be true or false, but was " + Quoted.of(value.toString()));
    }
    return value == null ? otherwise : (Boolean) value;
  }

  /** An address that must be there, with one of these schemes and a host, without a user. */
  public URI address(String name, List<String> schemes) throws SettingException {
    String text = text(name);
    try {
      URI uri = new URI(text);
      if (uri.getScheme() != null
          && schemes.contains(uri.getScheme())
          && uri.getHost() != null
          && uri.getUserInfo() == null
          && uri.getFragment() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Refused below, like one of another scheme.
    }
    throw wrong(
        name,
        "must be an address like "
            + schemes.getFirst()
            + "://collector.example.com/path, without a user or password, but was "
            + Quoted.of(withoutUser(text)));
  }

  /** The text with {@code …} for what may be a password: all between the scheme and an @. */
  private static String withoutUser(String text) {
    int at = text.lastIndexOf('@');
    int scheme = text.indexOf("://");
    return at < 0
        ? text
        : (scheme < 0 || scheme > at ? "" : text.substring(0, scheme + 3))
            + "…"
            + text.substring(at);
  }

  /** A file that must be named; it need not exist. */
  public Path file(String name) throws SettingException {
    return path(text(name));
  }

  /** A file, {@code null} if none is named. */
  public @Nullable Path fileOrNull(String name) throws SettingException {
    return has(name) ? file(name) : null;
  }

  private Path path(String text) {
    return base.resolve(text).normalize();
  }

  /** The secret in the one file that the setting names, see {@link #secrets}. */
  public String secret(String name) throws IOException {
    List<String> secrets = secrets(name);
    if (secrets.size() != 1) {
      throw wrong(name, "must name one file with the secret");
    }
    return secrets.getFirst();
  }

  /** As {@link #secret}; {@code null} if no file is named. */
  public @Nullable String secretOrNull(String name) throws IOException {
    return has(name) ? secret(name) : null;
  }

  /**
   * The secrets in the files that the setting names, one or a list, without white space at their
   * ends. They are read anew each time.
   *
   * @throws SettingException if there is none, or somebody else may read or replace it
   */
  public List<String> secrets(String name) throws IOException {
    List<String> secrets = new ArrayList<>();
    for (String file : texts(name)) {
      Path path = path(file);
      try {
        OwnerOnly.checkSecret(path);
        if (Files.size(path) > MAX_SECRET_BYTES) {
          throw wrong(name, "names " + path + ", which is too long for a secret");
        }
        String secret = new String(Files.readAllBytes(path), UTF_8).strip();
        if (secret.isEmpty()) {
          throw wrong(name, "names " + path + ", which is empty");
        }
        secrets.add(secret);
      } catch (NotPrivateException e) {
        throw wrong(name, "names a file that is not private: " + e.getMessage());
      } catch (SettingException e) {
        throw e;
      } catch (IOException e) {
        throw wrong(name, "names " + path + ", which can't be read");
      }
    }
    return secrets;
  }

  /** What to throw for a value that a type finds wrong. */
  public SettingException wrong(String name, String problem) {
    return new SettingException(place + ": " + name + " " + problem);
  }

  private String scalar(String name, @Nullable Object value) throws SettingException {
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      String text = value.toString();
      if (!text.isEmpty()) {
        return text;
      }
    }
    throw wrong(
        name, "must be a text and not be empty, but was " + Quoted.of(String.valueOf(value)));
  }
}
