package io.tallystick.cli.terminal;

import io.tallystick.service.export.Csv;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Rows with a head, shown as a table or as CSV. A table that is wider than the terminal first has
 * its long cells cut, and then loses columns; CSV always has all of them.
 */
public final class Rows {
  private static final int MIN_WIDTH = 12;
  private static final int GAP = 2;

  private final List<String> head;
  private final List<List<String>> rows = new ArrayList<>();
  private Set<String> whole = Set.of();
  private List<String> dispensable = List.of();

  public Rows(String... head) {
    this.head = List.of(head);
  }

  /** The value as a cell; an empty one for {@code null}. */
  public static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  /** These columns are never cut. */
  public Rows keepWhole(String... columns) {
    whole = Set.of(columns);
    return this;
  }

  /** These columns may be left out of a table that is too wide, the first one first. */
  public Rows mayLeaveOut(String... columns) {
    dispensable = List.of(columns);
    return this;
  }

  public Rows add(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  public void addAll(List<String> cells) {
    rows.add(List.copyOf(cells));
  }

  /** Shows them as a table, or as CSV. */
  public void show(Terminal terminal, Format format) {
    if (format == Format.csv) {
      terminal.printCsv(csv());
    } else {
      terminal.out().print(table(terminal));
    }
  }

  /**
   * Aligned, fitted to the terminal, with no control characters. Names the columns that it leaves
   * out.
   */
  public String table(Terminal terminal) {
    List<List<String>> all = new ArrayList<>();
    all.add(head);
    rows.forEach(row -> all.add(row.stream().map(Printable::of).toList()));
    int[] widths = new int[head.size()];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], Width.of(row.get(i)));
      }
    }
    List<Integer> columns = new ArrayList<>(IntStream.range(0, widths.length).boxed().toList());
    List<String> leftOut = fit(columns, widths, terminal.width());
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < all.size(); r++) {
      String line = line(all.get(r), columns, widths);
      text.append(r == 0 ? terminal.bold(line) : line).append('\n');
    }
    if (!leftOut.isEmpty()) {
      text.append(terminal.dim("not shown for lack of space: " + String.join(", ", leftOut)))
          .append('\n');
    }
    return text.toString();
  }

  private static String line(List<String> cells, List<Integer> columns, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int column : columns) {
      String cell = truncate(cells.get(column), widths[column]);
      line.append(cell).append(" ".repeat(widths[column] - Width.of(cell) + GAP));
    }
    return line.toString().stripTrailing();
  }

  /** Leaves out columns until the others fit with their cells cut, and gives their names. */
  private List<String> fit(List<Integer> columns, int[] widths, int width) {
    List<String> leftOut = new ArrayList<>();
    for (String column : dispensable) {
      if (total(columns, i -> minWidth(i, widths)) <= width) {
        break;
      }
      columns.removeIf(i -> head.get(i).equals(column));
      leftOut.add(column);
    }
    for (long total = total(columns, i -> widths[i]); total > width; total--) {
      int widest = -1;
      for (int i : columns) {
        if (widths[i] > minWidth(i, widths) && (widest < 0 || widths[i] > widths[widest])) {
          widest = i;
        }
      }
      if (widest < 0) {
        break;
      }
      widths[widest]--;
    }
    return leftOut;
  }

  private static long total(List<Integer> columns, IntUnaryOperator width) {
    return columns.stream().mapToLong(width::applyAsInt).sum() + (long) GAP * (columns.size() - 1);
  }

  private int minWidth(int column, int[] widths) {
    return whole.contains(head.get(column)) ? widths[column] : Math.min(widths[column], MIN_WIDTH);
  }

  private static String truncate(String text, int width) {
    return Width.of(text) <= width ? text : Width.beginning(text, width - 1) + "…";
  }

  public String csv() {
    StringBuilder text = new StringBuilder(Csv.line(head));
    rows.forEach(row -> text.append(Csv.line(row)));
    return text.toString();
  }
}
