package io.tallystick.index.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tallystick.entry.Details;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import org.apache.lucene.util.UnicodeUtil;
import org.jspecify.annotations.Nullable;

/**
 * The values in details, each with the path to it: the keys from the outermost on, joined by dots.
 * A key may have dots of its own; {@code a.b} is the path in {@code {"a":{"b":1}}} and in {@code
 * {"a.b":1}}. The elements of an array have the path of the array. A value is the content of a
 * string, or the JSON text of a number, {@code true}, {@code false} or {@code null}.
 *
 * <p>The term of a value is its path, NUL, and the folded value. One entry can't fill the index:
 * {@link #MAX_TERMS}, {@link #MAX_TERM_BYTES} and {@link #MAX_PATH_BYTES} are far more than events
 * have, and what is beyond them has no term. Used by one thread.
 */
public final class DetailValues {
  /** Most terms of one entry ... */
  public static final int MAX_TERMS = 1_000;

  /** ... and most bytes of all of them together, in UTF-8. */
  public static final int MAX_TERM_BYTES = 128 << 10;

  /** Longest path that has terms, in bytes of UTF-8. */
  public static final int MAX_PATH_BYTES = 256;

  /**
   * Longest prefix of a value that can be looked for, in bytes of UTF-8. The term of a longer value
   * is its beginning and the SHA-256 of all of it.
   */
  public static final int MAX_PREFIX_BYTES = 256;

  private static final JsonFactory JSON = new JsonFactory();
  private static final char NUL = '\0';

  private final Set<String> terms = new LinkedHashSet<>();
  private int termBytes;

  /** Adds the term of a value, unless there are too many. */
  public void add(String path, String value) {
    if (terms.size() < MAX_TERMS && isFindable(path)) {
      String term = begin(path) + whole(Folded.of(value));
      int length = length(term);
      if (termBytes + length <= MAX_TERM_BYTES && terms.add(term)) {
        termBytes += length;
      }
    }
  }

  /** The different terms, in the order in which their values came. */
  public Set<String> terms() {
    return terms;
  }

  /** What the term of a value that matches is, or begins with. */
  public static TextMatch term(String path, TextMatch value) {
    String folded = Folded.of(value.text());
    return value.prefix()
        ? new TextMatch(begin(path) + folded, true)
        : TextMatch.exactly(begin(path) + whole(folded));
  }

  /** Whether values with this path have terms. */
  public static boolean isFindable(String path) {
    return path.length() <= MAX_PATH_BYTES && length(path) <= MAX_PATH_BYTES;
  }

  /** Whether all values that match have terms that tell so. */
  public static boolean isFindable(TextMatch value) {
    return !value.prefix() || length(Folded.of(value.text())) <= MAX_PREFIX_BYTES;
  }

  /** Details have no NUL, but a path that somebody asks for may, and it must not end the path. */
  private static String begin(String path) {
    return path.replace(NUL, '\uFFFD') + NUL;
  }

  private static String whole(String value) {
    if (length(value) <= MAX_PREFIX_BYTES) {
      return value;
    }
    int end = 0;
    for (int bytes = 0; ; ) {
      int c = value.codePointAt(end);
      bytes += length(Character.toString(c));
      if (bytes > MAX_PREFIX_BYTES) {
        break;
      }
      end += Character.charCount(c);
    }
    return value.substring(0, end) + NUL + Sha256.hex(value.getBytes(UTF_8));
  }

  private static int length(String text) {
    return UnicodeUtil.calcUTF16toUTF8Length(text, 0, text.length());
  }

  /**
   * Whether for each of these paths there is a value that matches what is wanted of it.
   *
   * @param details {@code null} for none
   */
  public static boolean match(
      @Nullable Details details,
      Map<String, TextMatch> wanted,
      BiPredicate<TextMatch, String> matches) {
    if (wanted.isEmpty()) {
      return true;
    }
    if (details == null) {
      return false;
    }
    Set<String> found = new HashSet<>();
    forEach(
        details.toString(),
        (path, value) -> {
          TextMatch match = wanted.get(path);
          if (match != null && matches.test(match, value)) {
            found.add(path);
          }
        });
    return found.size() == wanted.size();
  }

  /** Every value, with its path, in the order of the text. */
  public static void forEach(String json, BiConsumer<String, String> consumer) {
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      value(parser, "", consumer);
    } catch (IOException e) {
      throw new UncheckedIOException("details are checked before they are in an entry", e);
    }
  }

  private static void value(JsonParser parser, String path, BiConsumer<String, String> consumer)
      throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        parser.nextToken();
        value(parser, below(path, key), consumer);
      }
    } else if (token == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        value(parser, path, consumer);
      }
    } else {
      consumer.accept(path, parser.getText());
    }
  }

  /** Beyond the limit only that it is too long matters, and it must not cost more with each key. */
  private static String below(String path, String key) {
    if (path.length() > MAX_PATH_BYTES) {
      return path;
    }
    return path.isEmpty() ? key : path + "." + key;
  }
}
