package io.tallystick.ingest.mapping;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.tallystick.tlog.Quoted;
import java.util.Set;

/**
 * Admits the expressions of a mapping that need little time and memory for any event, and give the
 * same for the same event: no functions that call themselves, few loops, no files, no chance and no
 * clock.
 */
final class Guard {
  /** Longest expression, in characters. */
  static final int MAX_LENGTH = 4_096;

  /** Most loops in one expression. */
  static final int MAX_LOOPS = 2;

  private static final Set<String> REFUSED_WORDS = Set.of("def", "import");
  private static final Set<String> REFUSED_FUNCTIONS = Set.of("random", "uuid", "now");

  private static final Pattern STRING = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
  private static final Pattern COMMENT = Pattern.compile("//[^\n]*");

  /** A word that is not a key behind a dot and not a variable, and whether it is called. */
  private static final Pattern WORD =
      Pattern.compile("(^|[^A-Za-z0-9_.$:-])([A-Za-z_][A-Za-z0-9_-]*)(\\s*\\()?");

  private Guard() {}

  /**
   * Checks an expression.
   *
   * @param where it stands, for the message
   * @throws InvalidMappingException if it is not admitted
   */
  static void check(String where, String expression) {
    if (expression.length() > MAX_LENGTH) {
      throw new InvalidMappingException(
          "%s: the expression has %,d characters; it may have %,d"
              .formatted(where, expression.length(), MAX_LENGTH));
    }
    String code = STRING.matcher(expression).replaceAll("\"\"");
    code = COMMENT.matcher(code).replaceAll("");
    int loops = 0;
    Matcher words = WORD.matcher(code);
    for (int at = 0; words.find(at); at = words.end(2)) {
      String word = words.group(2);
      boolean called = words.group(3) != null;
      if (REFUSED_WORDS.contains(word) || (called && REFUSED_FUNCTIONS.contains(word))) {
        throw new InvalidMappingException(
            where + ": " + Quoted.of(word) + " can't be used in a mapping");
      }
      loops += word.equals("for") ? 1 : 0;
    }
    if (loops > MAX_LOOPS) {
      throw new InvalidMappingException(
          "%s: the expression has %d loops (for); it may have %d"
              .formatted(where, loops, MAX_LOOPS));
    }
  }
}
