package io.tallystick.service.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CsvTest {
  @Test
  void everyCellKeepsItsColumn() {
    assertThat(Csv.line(List.of("a", "b"))).isEqualTo("a,b\r\n");
    assertThat(Csv.line(List.of("", "b", ""))).isEqualTo(",b,\r\n");
    assertThat(Csv.line(List.of("", "", "c"))).isEqualTo(",,c\r\n");
  }

  @Test
  void quotesWhatWouldEndACell() {
    assertThat(Csv.line(List.of("a,b", "say \"x\"", "two\r\nlines", "a b")))
        .isEqualTo("\"a,b\",\"say \"\"x\"\"\",\"two\r\nlines\",a b\r\n");
  }

  @Test
  void whatWouldBeAFormulaIsText() {
    assertThat(Csv.line(List.of("=1+1", "+1", "-1", "@a", "\tb", "a=b")))
        .isEqualTo("'=1+1,'+1,'-1,'@a,\"'\tb\",a=b\r\n");
    assertThat(Csv.line(List.of("=\"a\""))).isEqualTo("\"'=\"\"a\"\"\"\r\n");
  }

  /** A spreadsheet for Japanese or Chinese reads a full-width sign as the narrow one. */
  @Test
  void aFormulaInFullWidthSignsIsText() {
    assertThat(Csv.line(List.of("＝1+1", "＋1", "－1", "＠a", "a＝b")))
        .isEqualTo("'＝1+1,'＋1,'－1,'＠a,a＝b\r\n");
  }

  /**
   * Where the list separator is a semicolon or a tab, what follows it would be a cell of its own.
   */
  @Test
  void aFormulaBehindAnotherSeparatorStaysInItsCell() {
    assertThat(Csv.line(List.of("a;=1+1", "b\t=1+1", "c")))
        .isEqualTo("\"a;=1+1\",\"b\t=1+1\",c\r\n");
  }
}
