package io.tallystick.ingest.mapping;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.tallystick.tlog.Quoted;
import java.util.Set;
import java.util.TreeSet;

/**
 * Admits the expressions of a mapping that need little time and memory for any event, and give the
 * same for the same event: no functions that call themselves, one loop and nothing in it that grows
 * with the event, nothing that makes a text as long as one likes, no files, no chance and no clock.
 */
final class Guard {
  /** Longest expression, in characters. */
  static final int MAX_LENGTH = 4_096;

  /** Most loops in one expression. */
  static final int MAX_LOOPS = 1;

  private static final Set<String> REFUSED_WORDS = Set.of("def", "import");
  private static final Set<String> REFUSED_FUNCTIONS = Set.of("random", "uuid", "now");

  /** A text, whose first quote is a group, or a comment: each may have the other's marks in it. */
  private static final Pattern TEXT_OR_COMMENT =
      Pattern.compile("(\")(?:[^\"\\\\]|\\\\.)*\"|//[^\n]*");

  /** A {@code *} that is no key of an object: multiplied, a text has any length. */
  private static final Pattern TIMES = Pattern.compile("(^|[^{,\\s])\\s*[*]");

  private static final Pattern LET = Pattern.compile("(?:^|[^.$\\w-])let\\s+([A-Za-z_][\\w-]*)");
  private static final Pattern VARIABLE = Pattern.compile("[$]([A-Za-z_][\\w-]*)");

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
    String code = TEXT_OR_COMMENT.matcher(expression).replaceAll("$1$1");
    if (TIMES.matcher(code).find()) {
      throw new InvalidMappingException(
          where + ": * can't be used in a mapping, because a text times a number has any length");
    }
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
    Set<String> known = names(LET, code);
    if (loops > 0 && !known.isEmpty()) {
      throw new InvalidMappingException(
          where
              + ": \"let\" can't be used beside a loop (for), which would repeat what the variable"
              + " has for each element");
    }
    for (String name : names(VARIABLE, code)) {
      if (!known.contains(name)) {
        throw new InvalidMappingException(
            where + ": there is no variable " + Quoted.of("$" + name) + "; let makes one");
      }
    }
  }

  private static Set<String> names(Pattern pattern, String code) {
    Set<String> names = new TreeSet<>();
    Matcher found = pattern.matcher(code);
    while (found.find()) {
      names.add(found.group(1));
    }
    return names;
  }
}
