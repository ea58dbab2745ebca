package io.tallystick.store.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
  private static final String TEMPORARY = System.getProperty("java.io.tmpdir");

  @TempDir Path directory;

  @AfterEach
  void restore() {
    System.setProperty("java.io.tmpdir", TEMPORARY);
  }

  @Test
  void nothingChangesWhereTheTemporaryDirectoryCanBeWritten() throws Exception {
    NativeLibraries.unpackInto(directory.resolve("native"));
    assertThat(System.getProperty("java.io.tmpdir")).isEqualTo(TEMPORARY);
    assertThat(directory.resolve("native")).doesNotExist();
  }

  @Test
  void elsewhereTheGivenDirectoryIsUsed() throws Exception {
    Path noDirectory = Files.createFile(directory.resolve("file"));
    System.setProperty("java.io.tmpdir", noDirectory.toString());
    Path folder = directory.resolve("native");
    NativeLibraries.unpackInto(folder);
    assertThat(System.getProperty("java.io.tmpdir")).isEqualTo(folder.toString());
    assertThat(folder).isDirectory();
  }
}
