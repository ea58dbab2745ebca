package io.tallystick.ingest.sqlite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The columns of a table, from the statement that created it.
 *
 * @param names in their order
 * @param rowid index of the column that stands for the row's number; -1 if none does
 */
record TableColumns(List<String> names, int rowid) {
  /** Words with which a constraint of the table begins. */
  private static final Set<String> CONSTRAINTS =
      Set.of("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN");

  TableColumns {
    names = List.copyOf(names);
  }

  static TableColumns parse(String sql) {
    List<String> names = new ArrayList<>();
    int rowid = -1;
    for (List<String> definition : definitions(sql)) {
      String first = definition.getFirst();
      if (CONSTRAINTS.contains(first.toUpperCase(Locale.ROOT))) {
        break;
      }
      String rest =
          String.join(" ", definition.subList(1, definition.size())).toUpperCase(Locale.ROOT);
      if (rest.startsWith("INTEGER ") && rest.contains("PRIMARY KEY")) {
        rowid = names.size();
      }
      names.add(first);
    }
    return new TableColumns(names, rowid);
  }

  /** The words of each definition between the outermost brackets. */
  private static List<List<String>> definitions(String sql) {
    List<List<String>> all = new ArrayList<>();
    List<String> words = new ArrayList<>();
    int depth = 0;
    int at = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      int end = at + 1;
      if (sql.startsWith("--", at)) {
        int line = sql.indexOf('\n', at);
        end = line < 0 ? sql.length() : line + 1;
      } else if (sql.startsWith("/*", at)) {
        int close = sql.indexOf("*/", at + 2);
        end = close < 0 ? sql.length() : close + 2;
      } else if (c == '(' || c == ')') {
        depth += c == '(' ? 1 : -1;
        if (depth == 0) {
          break;
        }
      } else if (c == ',' && depth == 1) {
        add(all, words);
        words = new ArrayList<>();
      } else if (c == '"' || c == '`' || c == '\'' || c == '[') {
        char close = c == '[' ? ']' : c;
        int quote = sql.indexOf(close, at + 1);
        end = quote < 0 ? sql.length() : quote + 1;
        if (depth == 1) {
          words.add(sql.substring(at + 1, Math.max(at + 1, end - 1)));
        }
      } else if (isWord(c)) {
        while (end < sql.length() && isWord(sql.charAt(end))) {
          end++;
        }
        if (depth == 1) {
          words.add(sql.substring(at, end));
        }
      }
      at = end;
    }
    add(all, words);
    return all;
  }

  private static void add(List<List<String>> all, List<String> words) {
    if (!words.isEmpty()) {
      all.add(words);
    }
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c == '.';
  }
}
