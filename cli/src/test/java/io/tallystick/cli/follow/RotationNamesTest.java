package io.tallystick.cli.follow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotationNamesTest {
  @TempDir Path directory;

  @Test
  void onlyWhatRotationMakesIsRotated() throws Exception {
    for (String rest :
        new String[] {
          ".1",
          ".2.gz",
          ".3",
          "-20261128",
          "-20261128.gz",
          ".2026-11-28T03:00:00",
          "-2026-11-28_03.gz",
          ".state",
          ".state.123456.tmp",
          ".1.tmp",
          ".bak",
          ".",
          ".gz",
          "-notes",
          "1"
        }) {
      Files.writeString(directory.resolve("app.log" + rest), rest);
    }
    assertThat(new Siblings(directory.resolve("app.log"), directory.resolve("app.log.3")).rotated())
        .extracting(each -> String.valueOf(each.path().getFileName()).substring(7))
        .containsExactlyInAnyOrder(
            ".1",
            ".2.gz",
            "-20261128",
            "-20261128.gz",
            ".2026-11-28T03:00:00",
            "-2026-11-28_03.gz");
  }
}
