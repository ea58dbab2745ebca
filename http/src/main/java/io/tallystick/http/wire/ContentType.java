package io.tallystick.http.wire;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a body is, as the header {@code Content-Type} says it (RFC 9110, 8.3.1). Immutable.
 *
 * @param mediaType for instance {@code application/json}, in lower case
 * @param parameters values by names in lower case; a name that comes twice makes the header invalid
 */
public record ContentType(String mediaType, Map<String, String> parameters) {
  private static final String TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

  private static final Pattern MEDIA_TYPE = Pattern.compile(TOKEN + "/" + TOKEN);

  /** An empty one is allowed too, as in {@code text/html;}. */
  private static final Pattern PARAMETER =
      Pattern.compile(
          "[ \\t]*;[ \\t]*(?:(" + TOKEN + ")=(?:(" + TOKEN + ")|\"((?:[^\"\\\\]|\\\\.)*)\"))?");

  private static final Pattern QUOTED_PAIR = Pattern.compile("\\\\(.)");

  public ContentType {
    parameters = Map.copyOf(parameters);
  }

  /** What the header says; empty if it is absent or not well-formed. */
  public static Optional<ContentType> parse(@Nullable String header) {
    String text = header == null ? "" : header.strip();
    Matcher type = MEDIA_TYPE.matcher(text);
    if (!type.lookingAt()) {
      return Optional.empty();
    }
    Map<String, String> parameters = new HashMap<>();
    Matcher parameter = PARAMETER.matcher(text);
    int at = type.end();
    while (at < text.length()) {
      if (!parameter.region(at, text.length()).lookingAt()) {
        return Optional.empty();
      }
      at = parameter.end();
      String name = parameter.group(1);
      if (name != null && parameters.put(name.toLowerCase(Locale.ROOT), value(parameter)) != null) {
        return Optional.empty();
      }
    }
    return Optional.of(new ContentType(type.group().toLowerCase(Locale.ROOT), parameters));
  }

  private static String value(Matcher parameter) {
    String token = parameter.group(2);
    return token != null ? token : QUOTED_PAIR.matcher(parameter.group(3)).replaceAll("$1");
  }

  /** Whether text of this type is UTF-8, which it is unless it says otherwise. */
  public boolean isUtf8() {
    return parameters.getOrDefault("charset", "utf-8").equalsIgnoreCase("utf-8");
  }
}
