package io.tallystick.service.query;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.index.AddressRange;
import io.tallystick.index.text.DetailValues;
import io.tallystick.index.text.TextMatch;
import io.tallystick.index.text.Words;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.tlog.Quoted;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The named values of a query, read strictly: an unknown, repeated or malformed one is refused with
 * a sentence that says what is allowed. Immutable.
 *
 * <p>All readers return {@code null} for a parameter that is absent, and throw {@link
 * InvalidParameterException} for one that is invalid.
 */
public final class Parameters {

  /** What the name of a parameter for a value in the details begins with; a path follows. */
  static final String DETAILS = "details.";

  private static final int MAX_WORDS = 64;

  /** Other scripts have digits too, which the JDK would parse. */
  private static final Pattern DIGITS = Pattern.compile("[0-9]+");

  private final Map<String, List<String>> values;
  private final TimeParser times;

  private Parameters(Map<String, List<String>> values, Instant now) {
    this.values = values;
    this.times = new TimeParser(now);
  }

  /** Parameters with these values, given now. */
  public static Parameters of(Map<String, List<String>> values) {
    return of(values, Instant.now());
  }

  /**
   * Parameters with these values.
   *
   * @param now what {@code 1h} and {@code yesterday} are reckoned from
   */
  static Parameters of(Map<String, List<String>> values, Instant now) {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    values.forEach((name, list) -> copy.put(name, List.copyOf(list)));
    return new Parameters(copy, now);
  }

  /**
   * The parameters of a URL's query, without the question mark.
   *
   * @throws InvalidParameterException if it is not percent-encoded UTF-8
   */
  public static Parameters ofQuery(@Nullable String query) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    if (query != null) {
      for (String part : query.split("&", -1)) {
        if (!part.isEmpty()) {
          int equals = part.indexOf('=');
          String name = decode(equals < 0 ? part : part.substring(0, equals));
          String value = equals < 0 ? "" : decode(part.substring(equals + 1));
          values.computeIfAbsent(name, any -> new ArrayList<>()).add(value);
        }
      }
    }
    return new Parameters(values, Instant.now());
  }

  private static String decode(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    try {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == '%') {
          bytes.write(HexFormat.fromHexDigits(text, i + 1, i + 3));
          i += 2;
        } else if (c == '+') {
          bytes.write(' ');
        } else {
          bytes.writeBytes(String.valueOf(c).getBytes(UTF_8));
        }
      }
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
    } catch (CharacterCodingException | NumberFormatException | IndexOutOfBoundsException e) {
      throw new InvalidParameterException(
          "(query)", "the query must be percent-encoded UTF-8, but has " + Quoted.of(text));
    }
  }

  /**
   * Refuses every parameter that is not among these.
   *
   * @throws InvalidParameterException naming the first such one and those that are supported
   */
  public Parameters only(List<String> supported) {
    for (String name : values.keySet()) {
      boolean detail = name.startsWith(DETAILS) && supported.contains(DETAILS + "PATH");
      if (!supported.contains(name) && !detail) {
        throw new InvalidParameterException(
            quoteName(name),
            "unknown parameter "
                + Quoted.of(name)
                + "; supported parameters: "
                + (supported.isEmpty() ? "none" : String.join(", ", supported)));
      }
    }
    return this;
  }

  /** All parameters as they were given. */
  public Map<String, List<String>> values() {
    return values;
  }

  /** Every value of a parameter that may be repeated; none may be empty. */
  List<String> texts(String name) {
    List<String> all = values.getOrDefault(name, List.of());
    if (all.contains("")) {
      throw new InvalidParameterException(
          name, name + " must not be empty; give it a value or leave it out");
    }
    return all;
  }

  /** Text as it was given. */
  public @Nullable String text(String name) {
    List<String> all = texts(name);
    if (all.size() > 1) {
      throw new InvalidParameterException(
          name, name + " must be given once, but was given " + all.size() + " times");
    }
    return all.isEmpty() ? null : all.getFirst();
  }

  /** Text, or what it begins with if it ends in {@code *}. */
  @Nullable TextMatch match(String name) {
    String text = text(name);
    return text == null ? null : TextMatch.parse(text);
  }

  /** What the values in the details must be, by path. */
  Map<String, TextMatch> details() {
    Map<String, TextMatch> details = new LinkedHashMap<>();
    for (String name : values.keySet()) {
      TextMatch value = name.startsWith(DETAILS) ? match(name) : null;
      if (value != null) {
        String path = name.substring(DETAILS.length());
        if (path.isEmpty() || !DetailValues.isFindable(path)) {
          throw new InvalidParameterException(
              quoteName(name),
              "after details. comes a path of 1 to "
                  + DetailValues.MAX_PATH_BYTES
                  + " bytes, as in details.request.status=200, but it was "
                  + Quoted.of(path));
        }
        if (!DetailValues.isFindable(value)) {
          throw new InvalidParameterException(
              quoteName(name),
              "a prefix of a value in details may have at most "
                  + DetailValues.MAX_PREFIX_BYTES
                  + " bytes, but was "
                  + Quoted.of(value.toString()));
        }
        details.put(path, value);
      }
    }
    return details;
  }

  /** Text with at least one word. */
  @Nullable String words(String name) {
    String text = text(name);
    if (text != null) {
      int words = Words.wanted(text).size();
      if (words == 0 || words > MAX_WORDS) {
        throw new InvalidParameterException(
            name,
            name
                + " must have 1 to "
                + MAX_WORDS
                + " words of letters or digits, but was "
                + Quoted.of(text));
      }
    }
    return text;
  }

  /** A whole number, at least {@code min} and at most {@code max}. */
  public @Nullable Long number(String name, long min, long max) {
    String text = text(name);
    return text == null ? null : number(name, text, min, max);
  }

  /**
   * The whole number that the text is.
   *
   * @param name what a message calls it
   */
  public static long number(String name, String text, long min, long max) {
    try {
      long number = Long.parseLong(text);
      if (number >= min && number <= max && DIGITS.matcher(text).matches()) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a number that is out of range.
    }
    boolean number = text.matches("-?[0-9]{1,20}");
    boolean tooLong = number && text.length() > 18;
    String bounds =
        max == Long.MAX_VALUE && !tooLong ? "at least " + min : "between " + min + " and " + max;
    throw new InvalidParameterException(
        name,
        name
            + (number ? " must be " + bounds : " must be a whole number (" + bounds + ")")
            + ", but was "
            + (number ? text : Quoted.of(text)));
  }

  /** One of these words. */
  public @Nullable String word(String name, List<String> allowed) {
    String text = text(name);
    if (text != null && !allowed.contains(text)) {
      throw new InvalidParameterException(
          name, name + " must be " + String.join(" or ", allowed) + ", but was " + Quoted.of(text));
    }
    return text;
  }

  /** {@code true} or {@code false}. */
  public @Nullable Boolean flag(String name) {
    String word = word(name, List.of("true", "false"));
    return word == null ? null : Boolean.valueOf(word);
  }

  /** The range of time that {@code since} and {@code until} give; a date includes its day. */
  Period period() {
    return period("since", "until");
  }

  /** The range of time that two parameters give; a date includes its day. */
  Period period(String sinceName, String untilName) {
    String since = text(sinceName);
    String until = text(untilName);
    return Period.of(
        sinceName,
        since == null ? null : times.start(sinceName, since),
        untilName,
        until == null ? null : times.end(untilName, until));
  }

  /** One event type. */
  @Nullable String eventType(String name) {
    String type = text(name);
    try {
      return type == null ? null : Event.of(type).eventType();
    } catch (InvalidEventException e) {
      throw new InvalidParameterException(
          name, name + " must be a type like auth.logout, but was " + Quoted.of(type));
    }
  }

  /** Event types, or beginnings of them that end in {@code .*}. */
  List<String> eventTypes(String name) {
    List<String> types = texts(name);
    for (String type : types) {
      try {
        Event.of(type.endsWith(".*") ? type.substring(0, type.length() - 2) : type);
      } catch (InvalidEventException e) {
        throw new InvalidParameterException(
            name,
            name
                + " must be a type like auth.logout, or a prefix like auth.*, but was "
                + Quoted.of(type));
      }
    }
    return types;
  }

  /** An IP address, or a range of them in CIDR notation. */
  @Nullable AddressRange addresses(String name) {
    String text = text(name);
    try {
      return text == null ? null : AddressRange.parse(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidParameterException(
          name, name + " is " + Quoted.of(text) + "; " + e.getMessage());
    }
  }

  private static String quoteName(String name) {
    return name.matches("[A-Za-z0-9_.-]{1,48}") ? name : "(unknown)";
  }
}
