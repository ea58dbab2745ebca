package io.tallystick.cli.terminal;

import io.tallystick.service.export.Csv;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Rows with a head, shown as a table or as CSV. */
public final class Rows {
  private static final int MIN_LAST_COLUMN = 12;

  private final List<String> head;
  private final List<List<String>> rows = new ArrayList<>();
  private UnaryOperator<String> emphasis = row -> row;

  public Rows(String... head) {
    this.head = List.of(head);
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

  /** Aligned, cut to the width, with nothing that a terminal would obey. */
  public String table(Terminal terminal) {
    emphasis = terminal::bold;
    List<List<String>> all = new ArrayList<>();
    all.add(head);
    rows.forEach(row -> all.add(row.stream().map(Printable::of).toList()));
    int[] widths = new int[head.size()];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], length(row.get(i)));
      }
    }
    fit(widths, terminal.width());
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < all.size(); r++) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = truncate(all.get(r).get(i), widths[i]);
        line.append(cell);
        if (i + 1 < widths.length) {
          line.append(" ".repeat(widths[i] - length(cell) + 2));
        }
      }
      String plain = line.toString().stripTrailing();
      text.append(r == 0 ? emphasis.apply(plain) : plain).append('\n');
    }
    return text.toString();
  }

  /** Takes from the widest columns until the row fits. */
  private static void fit(int[] widths, int width) {
    long total = 2L * (widths.length - 1);
    for (int one : widths) {
      total += one;
    }
    while (total > width) {
      int widest = 0;
      for (int i = 1; i < widths.length; i++) {
        if (widths[i] > widths[widest]) {
          widest = i;
        }
      }
      if (widths[widest] <= MIN_LAST_COLUMN) {
        return;
      }
      widths[widest]--;
      total--;
    }
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  private static String truncate(String text, int width) {
    if (length(text) <= width) {
      return text;
    }
    return text.substring(0, text.offsetByCodePoints(0, width - 1)) + "…";
  }

  public String csv() {
    StringBuilder text = new StringBuilder(Csv.line(head));
    rows.forEach(row -> text.append(Csv.line(row)));
    return text.toString();
  }
}
